//! What must hold between the parts of a manifest, and between it and the layout.

use codec::layout::Layout;
use mapping::{Direction, Map};

use super::Loader;
use crate::manifest::{Field, Manifest, Need, NeedFrom, Piece, Predicate, Template, Topic};

impl Loader<'_> {
    pub(super) fn check_topics(&mut self, manifest: &Manifest) {
        let Some(input) = &manifest.input else { return };
        let mut topics = input
            .records
            .iter()
            .flat_map(|kind| kind.topics.iter().chain(kind.maps.iter().flat_map(|it| &it.topics)));
        match &input.topic {
            Topic::None => {
                if let Some(topic) = topics.next() {
                    let message = "topics are told apart, but nothing says where the topic is";
                    self.fault("K25", topic, message, "`topic: { header: … }` or another source");
                }
            }
            Topic::Feed => {
                let unknown = topics.find(|it| input.feed(it).is_none());
                if let Some(topic) = unknown {
                    let feeds: Vec<&str> = input.feeds.iter().map(|it| it.name.as_str()).collect();
                    let message = format!("there is no feed `{topic}`");
                    self.fault("K25", topic, message, &format!("one of {}", feeds.join(", ")));
                }
            }
            Topic::Header(_) | Topic::Pointer(_) => {}
        }
        for kind in &input.records {
            for used in &kind.maps {
                let lost = used
                    .topics
                    .iter()
                    .find(|it| !kind.topics.is_empty() && !kind.topics.contains(it));
                if let Some(topic) = lost {
                    let message =
                        format!("`{topic}` is not a topic of the records `{}`", kind.name);
                    self.fault(
                        "K25",
                        topic,
                        message,
                        &format!("one of {}", kind.topics.join(", ")),
                    );
                }
            }
        }
    }

    /// Interchanges are taken from somebody and for somebody, named by settings that
    /// every channel must give.
    pub(super) fn check_parties(&mut self, manifest: &Manifest, layout: Option<&Layout>) {
        let Some(input) = &manifest.input else { return };
        let is_edi = layout.is_some_and(Layout::is_edi);
        let Some(parties) = &input.parties else {
            if is_edi {
                let message = "nothing says whose interchanges are taken";
                let expected = "`parties: { sender: …, receiver: … }`, the names of two settings";
                self.fault("K29", "in", message, expected);
            }
            return;
        };
        if !is_edi {
            let message = "`parties` are those of interchanges";
            self.fault("K29", "parties", message, "a layout of X12 or EDIFACT");
        }
        for name in [&parties.sender, &parties.receiver] {
            let setting = manifest.settings.iter().find(|it| it.name == *name);
            if setting.is_none_or(|it| it.default.is_some()) {
                let message = format!("`{name}` is no setting that each channel must give");
                self.fault("K29", name, message, "a setting without a default");
            }
        }
    }

    /// Conditions look at pointers of JSON records and at fields of rows.
    pub(super) fn check_fields(&mut self, manifest: &Manifest, layout: Option<&Layout>) {
        let mut asked: Vec<(&Predicate, Option<&str>)> = Vec::new();
        for kind in manifest.input.iter().flat_map(|it| &it.records) {
            asked.extend(kind.when.iter().map(|it| (it, None)));
            for used in &kind.maps {
                asked.extend(used.when.iter().map(|it| (it, used.each.as_deref())));
            }
        }
        for (predicate, each) in asked {
            match (&predicate.field, layout) {
                (Field::Cell(name), Some(layout)) => {
                    let shape = layout.shape();
                    let group =
                        each.and_then(|it| shape.group(it)).and_then(|it| shape.groups.get(it));
                    let known = shape.field(name).is_some()
                        || group.is_some_and(|it| it.shape.field(name).is_some());
                    if !known {
                        let names = shape.fields.iter().map(|it| it.name.as_str());
                        let near = codec::diagnostic::nearest(name, names).unwrap_or_default();
                        let message = format!("the layout has no field `{name}`");
                        self.fault(
                            "K27",
                            name,
                            message,
                            &format!("a field of it, perhaps `{near}`"),
                        );
                    }
                }
                (Field::Cell(name), None) if manifest.input.is_some() => {
                    let expected = format!("a JSON pointer such as `/{name}`");
                    self.fault("K27", name, "JSON records have no fields by name", &expected);
                }
                (Field::Pointer(pointer), Some(_)) => {
                    let message = "rows have fields by name, not by pointer";
                    self.fault("K27", pointer, message, "the name of a field");
                }
                (Field::Pointer(_), None) | (Field::Cell(_), None) => {}
            }
        }
    }

    /// Maps that come in give canonical entities; maps that go out read the
    /// operation's and need what it supplies.
    pub(super) fn check_direction(&mut self, manifest: &Manifest, file: &str, map: &Map) {
        let inward = super::uses(manifest).any(|(_, it)| it.file == file);
        if inward && map.direction() != Direction::In {
            self.fault(
                "K28",
                file,
                "this map goes out, but is used on the way in",
                "a map whose target is canonical",
            );
        }
        for operation in manifest.output.iter().flat_map(|it| &it.operations) {
            if operation.map != file {
                continue;
            }
            if map.direction() != Direction::Out || map.entity() != Some(operation.entity) {
                let message = format!("this map does not read `{}`", operation.entity.name());
                let expected = format!("`source: {}@1`", operation.entity.name());
                self.fault("K28", file, message, &expected);
            }
            let lost =
                map.needs().iter().find(|it| operation.needs.iter().all(|need| need.name != **it));
            if let Some(name) = lost {
                let message =
                    format!("the map needs `{name}`, which the operation does not supply");
                self.fault("K28", file, message, "an entry under `needs` of the operation");
            }
        }
    }

    /// Settings that are used are declared, and needs that paths use too.
    pub(super) fn check_settings(&mut self, manifest: &Manifest) {
        let known = |name: &str| manifest.settings.iter().any(|it| it.name == name);
        let lost_in = |template: &Template, needs: &[Need]| -> Vec<String> {
            let pieces = template.pieces().iter();
            let lost = pieces.filter(|piece| match piece {
                Piece::Setting(name) => !known(name),
                Piece::Need(name) => needs.iter().all(|it| it.name != *name),
                Piece::Text(_)
                | Piece::Body(_)
                | Piece::Data(_)
                | Piece::Cursor
                | Piece::Page
                | Piece::Until
                | Piece::Ids
                | Piece::Key => false,
            });
            lost.map(ToString::to_string).collect()
        };
        let mut unknown: Vec<String> = Vec::new();
        for feed in manifest.input.iter().flat_map(|it| &it.feeds) {
            unknown.extend(feed.templates().flat_map(|it| lost_in(it, &[])));
        }
        for operation in manifest.output.iter().flat_map(|it| &it.operations) {
            unknown.extend(lost_in(&operation.path, &operation.needs));
            for need in &operation.needs {
                if let NeedFrom::Setting(name) = &need.from
                    && !known(name)
                {
                    unknown.push(name.clone());
                }
            }
        }
        for name in unknown {
            let message = format!("`{name}` is used, but not declared");
            self.fault(
                "K24",
                &name,
                message,
                "an element of `settings`, or of the operation's `needs`",
            );
        }
    }
}
