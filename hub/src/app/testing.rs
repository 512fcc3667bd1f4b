//! A house with all its rooms in a folder of its own, for tests.

use super::{Rooms, clock::SystemClock, reload};
use std::{fs, sync::Arc};

/// Rooms, and the folder with their configuration and data.
pub(crate) struct House {
    pub(crate) rooms: Arc<Rooms>,
    pub(crate) folder: tempfile::TempDir,
}

// === impl House ===

impl House {
    /// Opens rooms with these files of channels and routes. Nothing runs but the folds.
    pub(crate) fn open(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let hub = ("hub.yaml", "organisation: acme\nlisten: 127.0.0.1:0\ndata: data\n");
        for (name, text) in [&hub].into_iter().chain(files) {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let mut faults = Vec::new();
        let read = reload::read(folder.path(), None, &mut |it, text| faults.push(it.render(text)));
        let read = read.unwrap_or_else(|_| panic!("{faults:?}"));
        let rooms = Rooms::open(&read.settings, read.house, Arc::new(SystemClock), false).unwrap();
        Self { rooms, folder }
    }
}
