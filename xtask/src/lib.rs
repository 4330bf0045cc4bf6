//! Everything that a person runs: up, test, bench, doctor.
