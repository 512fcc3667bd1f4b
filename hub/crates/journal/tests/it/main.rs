//! The journal as its users see it: opened on a real file, appended to, reopened.

#[cfg(test)]
mod samples;

#[cfg(test)]
mod answers;
#[cfg(test)]
mod append;
#[cfg(test)]
mod dedupe;
#[cfg(test)]
mod following;
#[cfg(test)]
mod forward;
#[cfg(test)]
mod hard_cases;
#[cfg(test)]
mod in_force;
#[cfg(test)]
mod keeping;
#[cfg(test)]
mod model;
#[cfg(test)]
mod openings;
#[cfg(test)]
mod states;
