//! One binary for all integration tests: links once, runs the real daemon.
