//! What goes wrong with which request: the services that are played and those who check the answers agree on it.

use std::hash::{DefaultHasher, Hash, Hasher};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Service {
    Prices,
    Stock,
    Recommendations,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fault {
    /// Answers with status 500.
    Fails,
    /// Never answers.
    Hangs,
    /// Answers with what cannot be read.
    Garbles,
    /// Closes the connection half-way through the answer.
    CutsOff,
    /// Answers with what makes the task panic.
    Lies,
}

/// The fate of a request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Fate {
    pub(crate) service: Service,
    pub(crate) fault: Fault,
    /// Only the first call meets the fault.
    pub(crate) is_brief: bool,
}

const FATES: [Fate; 16] = [
    lasting(Service::Prices, Fault::Fails),
    lasting(Service::Prices, Fault::Hangs),
    lasting(Service::Prices, Fault::Garbles),
    lasting(Service::Prices, Fault::CutsOff),
    lasting(Service::Prices, Fault::Lies),
    lasting(Service::Stock, Fault::Fails),
    lasting(Service::Stock, Fault::Hangs),
    lasting(Service::Stock, Fault::Garbles),
    lasting(Service::Stock, Fault::CutsOff),
    brief(Service::Stock, Fault::Fails),
    brief(Service::Stock, Fault::Hangs),
    brief(Service::Stock, Fault::CutsOff),
    lasting(Service::Recommendations, Fault::Fails),
    lasting(Service::Recommendations, Fault::Hangs),
    lasting(Service::Recommendations, Fault::Garbles),
    lasting(Service::Recommendations, Fault::CutsOff),
];

const fn lasting(service: Service, fault: Fault) -> Fate {
    Fate { service, fault, is_brief: false }
}

const fn brief(service: Service, fault: Fault) -> Fate {
    Fate { service, fault, is_brief: true }
}

impl Fate {
    /// Returns what happens to a request if `per_mille` of all of them meet a fault.
    pub(crate) fn of(request: u64, per_mille: u64) -> Option<Self> {
        let drawn = draw(request);
        let fates = FATES.len() as u64;
        let fate = usize::try_from(drawn / 1000 % fates).unwrap_or_default();
        (drawn % 1000 < per_mille).then(|| FATES[fate])
    }

    /// Returns the status of the shop's answer.
    pub(crate) fn right_status(self) -> u16 {
        match (self.service, self.fault) {
            (Service::Recommendations, _) => 200,
            _ if self.is_brief => 200,
            (_, Fault::Hangs) => 504,
            (_, Fault::Lies) => 500,
            (_, Fault::Fails | Fault::Garbles | Fault::CutsOff) => 502,
        }
    }
}

/// Returns a number that looks random and is the same in each process.
pub(crate) fn draw(seed: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    seed.hash(&mut hasher);
    hasher.finish()
}
