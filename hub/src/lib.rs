//! ChannelHub: one gateway daemon between POS, ERP, CRM, MA, SFA and EC systems.
