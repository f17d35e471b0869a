//! Every map, and who writes it. Layouts and names are those of `ha_common::abi`.
#![expect(
    unsafe_code,
    reason = "references into maps come from pointers that the kernel hands out"
)]

use core::net::IpAddr;
use core::time::Duration;

use aya_ebpf::bindings::BPF_F_MMAPABLE;
use aya_ebpf::btf_maps::{Array, HashMap, PerCpuArray, RingBuf};
use aya_ebpf::macros::btf_map;
use aya_ebpf::programs::SkBuffContext;
use ha_common::abi::{
    self, AddressEntry, Allowance, CaptureTally, Captured, Flood, Gate, InterfaceEntry, Ipv6Key,
    Notice, NoticeKind, PeerEntry, PeerKey, RouterKey, RouterRecord, ServiceKey, ServiceRecord,
};
use ha_common::wire::{ipv6, ndp};
use ha_common::{Nanos, Reason};

const MAX_ROUTERS: usize = abi::MAX_ROUTERS as usize;
const INTERFACE_SLOTS: usize = abi::INTERFACE_SLOTS as usize;
const MAX_ADDRESSES: usize = abi::MAX_ADDRESSES as usize;
const MAX_SERVICES: usize = abi::MAX_SERVICES as usize;
const MAX_PEERS: usize = abi::MAX_PEERS as usize;
const REASONS: usize = Reason::COUNT as usize;
const NOTICE_RING_BYTES: usize = abi::NOTICE_RING_BYTES as usize;
const CAPTURE_RING_BYTES: usize = abi::CAPTURE_RING_BYTES as usize;
/// Longest run of octets that is rewritten at once: an advertisement of a neighbour.
const LONGEST_REWRITE: usize = ipv6::HEADER_LEN + ndp::ADDRESSED_LEN;
/// Conflicts that one router reports: one in this time.
const CONFLICT_PERIOD_NANOS: u64 = Duration::from_secs(1).as_secs() * 1_000_000_000;
/// Index that no interface has.
const NO_INTERFACE: u32 = 0;
const MAPPED: usize = BPF_F_MMAPABLE as usize;

/// Written by the daemon.
#[btf_map]
static GATE: Array<Gate, 1, MAPPED> = Array::new();

/// Written by the daemon.
#[btf_map]
static ROUTERS: HashMap<RouterKey, u32, MAX_ROUTERS> = HashMap::new();

/// Each record has a half that the daemon writes and a half that this program writes.
#[btf_map]
static RECORDS: Array<RouterRecord, MAX_ROUTERS, MAPPED> = Array::new();

/// Written by the daemon.
#[btf_map]
static INTERFACES: Array<InterfaceEntry, INTERFACE_SLOTS> = Array::new();

/// Written by the daemon.
#[btf_map]
static ADDRESSES: HashMap<[u8; 4], AddressEntry, MAX_ADDRESSES> = HashMap::new();

/// Written by the daemon.
#[btf_map]
static ADDRESSES_IPV6: HashMap<Ipv6Key, AddressEntry, MAX_ADDRESSES> = HashMap::new();

/// Written by the daemon.
#[btf_map]
static PEERS: HashMap<PeerKey, PeerEntry, MAX_PEERS> = HashMap::new();

/// Written by the daemon.
#[btf_map]
static SERVICES: HashMap<ServiceKey, u32, MAX_SERVICES> = HashMap::new();

/// Written by the daemon.
#[btf_map]
static SERVICE_STATES: Array<ServiceRecord, MAX_SERVICES, MAPPED> = Array::new();

/// Written by this program.
#[btf_map]
static UNREACHABLES: Array<Allowance, 1> = Array::new();

/// Written by this program.
#[btf_map]
static COUNTERS: PerCpuArray<u64, REASONS> = PerCpuArray::new();

/// Written by this program.
#[btf_map]
static FLOODS: Array<Flood, INTERFACE_SLOTS> = Array::new();

/// Room to put a packet together in: on the stack the verifier wants every access aligned, which
/// the fields of a packet are not.
#[btf_map]
static SCRATCH: PerCpuArray<[u8; LONGEST_REWRITE], 1> = PerCpuArray::new();

/// Written by this program, drained by the daemon.
#[btf_map]
static NOTICES: RingBuf<Notice, NOTICE_RING_BYTES> = RingBuf::new();

/// Written by this program, drained by `vipctl capture`.
#[btf_map]
static CAPTURES: RingBuf<u8, CAPTURE_RING_BYTES> = RingBuf::new();

/// Written by this program.
#[btf_map]
static CAPTURE_TALLY: PerCpuArray<CaptureTally, 1> = PerCpuArray::new();

/// Room to put together what goes into [`CAPTURES`], where a reservation would have to be of one
/// length for all packets.
#[btf_map]
static CAPTURED: PerCpuArray<Captured, 1> = PerCpuArray::new();

/// A router of ours, and the slot that it lives in.
#[derive(Clone, Copy)]
pub(crate) struct Router {
    pub(crate) slot: u32,
    pub(crate) record: &'static RouterRecord,
}

impl Router {
    #[inline(always)]
    fn in_slot(slot: u32) -> Option<Self> {
        let record = RECORDS.get(slot)?;
        Some(Self { slot, record })
    }

    /// The router that an advert with this key belongs to.
    #[inline(always)]
    pub(crate) fn by_key(key: RouterKey) -> Option<Self> {
        // SAFETY: this program never changes the map; a slot that the daemon recycles meanwhile
        // still holds some slot number, which `in_slot` checks.
        let slot = unsafe { ROUTERS.get(key) }?;
        Self::in_slot(*slot)
    }

    /// The router that the virtual address `address` moves with.
    #[inline(always)]
    pub(crate) fn by_address(address: [u8; 4]) -> Option<Self> {
        // SAFETY: as in `by_key`.
        let entry = unsafe { ADDRESSES.get(address) }?;
        Self::in_slot(entry.slot())
    }

    /// The router that the virtual address `address` moves with, on the link of this interface. Without
    /// one only those are known that mean the same on all links.
    #[inline(always)]
    pub(crate) fn by_ipv6(address: [u8; 16], link: Option<u32>) -> Option<Self> {
        let key = Ipv6Key::new(address, link.unwrap_or(NO_INTERFACE));
        // SAFETY: as in `by_key`.
        let entry = unsafe { ADDRESSES_IPV6.get(key) }?;
        Self::in_slot(entry.slot())
    }

    /// What is known of `source`, if it is in the router's list of peers.
    #[inline(always)]
    pub(crate) fn peer(&self, source: IpAddr) -> Option<PeerEntry> {
        // SAFETY: as in `by_key`; any two octets are an entry.
        unsafe { PEERS.get(PeerKey::new(self.slot, source)) }.copied()
    }

    /// Tells the daemon that another host says that it has `address`, which is ours; `false` if it was
    /// told a moment ago.
    #[inline(always)]
    pub(crate) fn tells_conflict(&self, now: Nanos, address: IpAddr) -> bool {
        let last = self.record.conflict_at().get();
        let is_time = now.get().saturating_sub(last) >= CONFLICT_PERIOD_NANOS;
        if is_time {
            self.record.set_conflict_at(now);
            self.notify(NoticeKind::Conflict, now, address);
        }
        is_time
    }

    /// Tells the daemon. A full ring loses the notice; the record still tells of a fence.
    #[inline(always)]
    pub(crate) fn notify(&self, kind: NoticeKind, at: Nanos, address: IpAddr) {
        if let Some(mut entry) = NOTICES.reserve(0) {
            entry.write(Notice::new(kind, self.slot, at, address));
            entry.submit(0);
        }
    }
}

/// What holds for all routers; `None` while there is nothing that these programs could have to do.
#[inline(always)]
pub(crate) fn gate() -> Option<&'static Gate> {
    GATE.get(0).filter(|gate| gate.owned() != 0)
}

/// The service with this key.
#[inline(always)]
pub(crate) fn service(key: ServiceKey) -> Option<&'static ServiceRecord> {
    // SAFETY: as in `Router::by_key`.
    let slot = unsafe { SERVICES.get(key) }?;
    SERVICE_STATES.get(*slot)
}

/// Whether one more sender may be told that a port is unreachable (RFC 1812 section 4.3.2.8).
#[inline(always)]
pub(crate) fn may_say_unreachable() -> bool {
    UNREACHABLES
        .get(0)
        .is_some_and(|allowance| allowance.take(now(), abi::UNREACHABLE_RATE))
}

/// Own hardware address of an interface, as far as the daemon has told it.
#[inline(always)]
pub(crate) fn interface_mac(ifindex: u32) -> Option<[u8; 6]> {
    let entry = INTERFACES.get(InterfaceEntry::slot(ifindex))?;
    entry.mac_of(ifindex)
}

/// Whether an interface forwards IPv6, as far as the daemon has told.
#[inline(always)]
pub(crate) fn is_router(ifindex: u32) -> bool {
    let entry = INTERFACES.get(InterfaceEntry::slot(ifindex));
    entry.is_some_and(|entry| entry.is_router())
}

/// How many adverts there are on an interface that nobody needs.
#[inline(always)]
pub(crate) fn flood(ifindex: u32) -> Option<&'static Flood> {
    FLOODS.get(InterfaceEntry::slot(ifindex))
}

/// Interface of a packet on its way to a socket.
#[inline(always)]
pub(crate) fn ifindex(context: &SkBuffContext) -> u32 {
    // SAFETY: the kernel hands out a valid context for as long as the program runs.
    unsafe { (*context.skb.skb).ifindex }
}

/// Moves the counter of `reason`.
#[inline(always)]
pub(crate) fn count(reason: Reason) {
    if let Some(counter) = COUNTERS.get_ptr_mut(reason.index()) {
        // SAFETY: the counter is this CPU's own, and programs on one CPU do not interrupt
        // each other.
        unsafe { *counter += 1 }
    }
}

/// Room for `N` octets, of this CPU alone until the program ends, or asks again.
#[inline(always)]
pub(crate) fn scratch<const N: usize>() -> Option<&'static mut [u8; N]> {
    const { assert!(N <= LONGEST_REWRITE) };
    let room = SCRATCH.get_ptr_mut(0)?.cast();
    // SAFETY: the map has room for `N` octets, which have no alignment; programs on one CPU do
    // not interrupt each other, and ours uses it up before it asks again.
    Some(unsafe { &mut *room })
}

/// What this CPU has shown of packets, and room for one, of this CPU alone until the program ends,
/// or asks again.
#[inline(always)]
pub(crate) fn capture() -> Option<(&'static mut CaptureTally, &'static mut Captured)> {
    let tally = CAPTURE_TALLY.get_ptr_mut(0)?;
    let room = CAPTURED.get_ptr_mut(0)?;
    // SAFETY: any octets are valid values of both, and both are this CPU's own, as in `scratch`.
    Some(unsafe { (&mut *tally, &mut *room) })
}

/// Shows `captured`, with `octets` of its packet; `false` if there is no room in the ring.
#[inline(always)]
pub(crate) fn show(captured: &Captured, octets: usize) -> bool {
    let start = core::ptr::from_ref(captured).cast::<u8>();
    let length = Captured::len_with(octets.min(abi::CAPTURED_OCTETS));
    // SAFETY: no more than all of `captured`.
    let bytes = unsafe { core::slice::from_raw_parts(start, length) };
    CAPTURES.output_untyped::<[u8]>(bytes, 0).is_ok()
}

/// Now, on the clock of the records.
#[inline(always)]
pub(crate) fn now() -> Nanos {
    // SAFETY: the helper takes nothing and returns a number.
    Nanos::new(unsafe { aya_ebpf::helpers::bpf_ktime_get_boot_ns() })
}
