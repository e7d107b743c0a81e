//! What a recommendation is: evidence, estimated gain, the change or command that does it.
