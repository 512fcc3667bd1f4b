//! How much is where: movements, and the level as their fold.
