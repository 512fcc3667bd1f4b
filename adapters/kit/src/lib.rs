//! What an adapter must be: manifest, package, Source and Sink.
