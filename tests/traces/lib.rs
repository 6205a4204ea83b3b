//! A library with nothing in it: the tests are what this package is for.
