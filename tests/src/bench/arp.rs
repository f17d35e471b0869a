//! ARP round trip.
