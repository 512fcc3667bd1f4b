//! Who is calling and how strongly: channel credentials, signatures, the Pass.
