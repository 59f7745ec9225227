//! What every adapter of a port owes, as cases over the port itself.

mod payment;
