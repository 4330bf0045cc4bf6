//! What operators deploy, on this machine: definitions with passwords of their own, and the page
//! by nginx.

mod definitions;
mod page;
