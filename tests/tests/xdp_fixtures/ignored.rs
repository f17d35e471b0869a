//! Adverts to an address owner that ignores them.

use ha_common::Reason;
use ha_common::abi::{Election, flag};
use ha_tests::xdp::Director;
use ha_tests::xdp::frame::Advert;

use crate::fixture::{Fixture, Role};

/// As an address owner's.
const HIGHEST: u8 = 255;

pub(crate) fn fixtures() -> impl Iterator<Item = Fixture> {
    let advert = |priority, ttl| Advert {
        priority,
        ttl,
        ..Advert::default()
    };
    use Reason::{AdvertIgnored, AdvertTtl};
    [
        (AdvertIgnored, "ignored: a better one", advert(HIGHEST, 255)),
        (AdvertIgnored, "ignored: a lower one", advert(1, 255)),
        (AdvertIgnored, "ignored: a farewell", advert(0, 255)),
        (
            AdvertTtl,
            "a bad one is bad all the same",
            advert(HIGHEST, 254),
        ),
    ]
    .into_iter()
    .map(|(reason, name, advert)| {
        Fixture::new(name, reason, Role::Active, advert.frame()).prepare(|director| {
            director.record().set_election(Election {
                flags: flag::IGNORE_ADVERTS,
                ..Director::election()
            });
            Ok(())
        })
    })
}
