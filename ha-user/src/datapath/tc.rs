//! The tc hooks of an interface: filters of the kind `bpf` on its clsact qdisc.
//!
//! Like XDP by netlink, a filter is held by the interface: it outlives every process of the
//! daemon, needs no pin, and ends with the interface. Ours is known by its name; filters of others
//! stay, before and behind it, and so does a clsact qdisc that others use.

use netlink_packet_core::{NLM_F_CREATE, NLM_F_DUMP, NLM_F_ECHO, NLM_F_EXCL};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::tc::{
    TcAttribute, TcBpfFlags, TcFilterBpf, TcFilterBpfOption, TcHandle, TcMessage, TcOption,
};
use std::os::fd::{AsFd as _, AsRawFd as _};

use super::program::{Hook, Program};
use crate::net::netlink::{Netlink, Refusal};

/// Kind of the qdisc that filters in both directions hang on.
const CLSACT: &str = "clsact";
/// Number of our filter among those of one priority: "vipd".
const HANDLE: u32 = 0x7669_7064;
/// The same where the clsact qdisc was made for it. A successor keeps its predecessor's number, and
/// so knows which qdisc to take away in the end.
const HANDLE_WITH_QDISC: u32 = HANDLE + 1;
/// Filters judge every protocol (`ETH_P_ALL`, in network order).
const EVERY_PROTOCOL: u16 = 0x0003_u16.to_be();

/// Where a filter stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    /// Lower ones come first.
    priority: u16,
    handle: u32,
}

/// A filter of the kind `bpf`, or the priority of another one.
#[derive(Clone, Debug)]
struct Filter {
    place: Place,
    name: String,
    program: u32,
}

/// A vipd's program on a hook.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ours {
    pub(super) program: u32,
    /// It is of the present version of the ABI.
    pub(super) is_current: bool,
    /// A vipd has made the qdisc, too.
    pub(super) made_clsact: bool,
}

/// One hook of one interface.
#[derive(Clone, Copy, Debug)]
pub(super) struct TcHook {
    pub(super) ifindex: u32,
    pub(super) hook: Hook,
}

impl TcHook {
    /// Puts `program` on the hook, in the place of a predecessor's if there is one. Returns whether
    /// the clsact qdisc is there for vipd's sake only: made by this call, by one before (`made`), or
    /// by a predecessor.
    pub(super) fn attach(
        self,
        netlink: &mut Netlink,
        program: &Program,
        made: bool,
    ) -> Result<bool, Refusal> {
        let made = make_clsact(netlink, self.ifindex)? || made;
        let filters = self.filters(netlink)?;
        let ours = filters.iter().find(|filter| self.is_ours(filter));
        let place = ours.map_or_else(|| free_place(&filters, made), |filter| filter.place);
        let message = self.message(place, Some(program));
        let request = RouteNetlinkMessage::NewTrafficFilter(message);
        netlink.tell(request, NLM_F_CREATE)?;
        Ok(made || place.handle == HANDLE_WITH_QDISC)
    }

    /// Takes a vipd's program off, whichever vipd's it is; `false` if there is none.
    pub(super) fn detach(self, netlink: &mut Netlink) -> Result<bool, Refusal> {
        self.detach_if(netlink, |_| true)
    }

    /// Takes `program` off, unless another one has taken its place.
    pub(super) fn detach_program(
        self,
        netlink: &mut Netlink,
        program: &Program,
    ) -> Result<bool, Refusal> {
        self.detach_if(netlink, |filter| filter.program == program.id())
    }

    /// What a vipd has left on the hook.
    pub(super) fn left(self, netlink: &mut Netlink) -> Result<Option<Ours>, Refusal> {
        let filter = self.ours(netlink)?;
        Ok(filter.map(|filter| Ours {
            program: filter.program,
            is_current: filter.name == self.hook.program_name(),
            made_clsact: filter.place.handle == HANDLE_WITH_QDISC,
        }))
    }

    /// Id of a vipd's program, whichever vipd's it is.
    pub(super) fn program(self, netlink: &mut Netlink) -> Result<Option<u32>, Refusal> {
        Ok(self.ours(netlink)?.map(|filter| filter.program))
    }

    fn detach_if(
        self,
        netlink: &mut Netlink,
        wanted: impl Fn(&Filter) -> bool,
    ) -> Result<bool, Refusal> {
        let Some(filter) = self.ours(netlink)?.filter(wanted) else {
            return Ok(false);
        };
        let message = self.message(filter.place, None);
        let request = RouteNetlinkMessage::DelTrafficFilter(message);
        netlink.tell(request, 0).map(|()| true)
    }

    fn ours(self, netlink: &mut Netlink) -> Result<Option<Filter>, Refusal> {
        if kind_of_qdisc(netlink, self.ifindex)?.as_deref() != Some(CLSACT) {
            return Ok(None);
        }
        let filters = self.filters(netlink)?;
        Ok(filters.into_iter().find(|filter| self.is_ours(filter)))
    }

    fn is_ours(self, filter: &Filter) -> bool {
        filter.name.starts_with(self.hook.prefix())
    }

    fn filters(self, netlink: &mut Netlink) -> Result<Vec<Filter>, Refusal> {
        let question = RouteNetlinkMessage::GetTrafficFilter(self.header());
        let answer = netlink.query(question, NLM_F_DUMP)?;
        Ok(answer.iter().filter_map(filter).collect())
    }

    fn header(self) -> TcMessage {
        let minor = match self.hook {
            Hook::Egress => TcHandle::MIN_EGRESS,
            Hook::Xdp | Hook::Ingress => TcHandle::MIN_INGRESS,
        };
        let mut message = header(self.ifindex);
        message.header.parent = TcHandle {
            major: TcHandle::CLSACT.major,
            minor,
        };
        message
    }

    fn message(self, place: Place, program: Option<&Program>) -> TcMessage {
        let mut message = self.header();
        message.header.handle = place.handle.into();
        message.header.info = u32::from(place.priority) << 16 | u32::from(EVERY_PROTOCOL);
        message.attributes = vec![TcAttribute::Kind(TcFilterBpf::KIND.to_owned())];
        if let Some(program) = program {
            let fd = program.as_fd().as_raw_fd().cast_unsigned();
            let options = [
                TcFilterBpfOption::ProgFd(fd),
                TcFilterBpfOption::ProgName(program.name().to_owned()),
                TcFilterBpfOption::Flags(TcBpfFlags::DirectAction),
            ];
            let options = options.map(TcOption::Bpf);
            message
                .attributes
                .push(TcAttribute::Options(options.into()));
        }
        message
    }
}

/// Removes the clsact qdisc of `ifindex`, unless it carries filters.
pub(super) fn remove_empty_clsact(netlink: &mut Netlink, ifindex: u32) -> Result<(), Refusal> {
    for hook in [Hook::Ingress, Hook::Egress] {
        if !(TcHook { ifindex, hook }).filters(netlink)?.is_empty() {
            return Ok(());
        }
    }
    netlink.tell(RouteNetlinkMessage::DelQueueDiscipline(clsact(ifindex)), 0)
}

/// Sees to a clsact qdisc; `false` if there is one already.
fn make_clsact(netlink: &mut Netlink, ifindex: u32) -> Result<bool, Refusal> {
    let request = RouteNetlinkMessage::NewQueueDiscipline(clsact(ifindex));
    match netlink.tell(request, NLM_F_CREATE | NLM_F_EXCL) {
        Ok(()) => Ok(true),
        Err(refusal) if refusal.errno == libc::EEXIST => {
            match kind_of_qdisc(netlink, ifindex)?.as_deref() {
                Some(CLSACT) => Ok(false),
                // Filters for what leaves would judge what comes in there.
                other => Err(Refusal {
                    errno: libc::EBUSY,
                    explanation: Some(format!(
                        "it has the qdisc {}, which a clsact qdisc cannot stand beside",
                        other.unwrap_or("ingress")
                    )),
                }),
            }
        }
        Err(refusal) => Err(refusal),
    }
}

/// Kind of the qdisc for what comes in, if the interface has one.
fn kind_of_qdisc(netlink: &mut Netlink, ifindex: u32) -> Result<Option<String>, Refusal> {
    let mut question = header(ifindex);
    question.header.parent = TcHandle::CLSACT;
    let question = RouteNetlinkMessage::GetQueueDiscipline(question);
    // The kernel tells whoever listens to changes; the echo is for who asked.
    let answer = match netlink.query(question, NLM_F_ECHO) {
        Err(refusal) if refusal.errno == libc::ENOENT => return Ok(None),
        answer => answer?,
    };
    Ok(answer.iter().find_map(|message| match message {
        RouteNetlinkMessage::NewQueueDiscipline(message) => kind(message).map(str::to_owned),
        _ => None,
    }))
}

fn clsact(ifindex: u32) -> TcMessage {
    let mut message = header(ifindex);
    message.header.parent = TcHandle::CLSACT;
    message.header.handle = TcHandle {
        major: TcHandle::CLSACT.major,
        minor: 0,
    };
    message.attributes = vec![TcAttribute::Kind(CLSACT.to_owned())];
    message
}

fn header(ifindex: u32) -> TcMessage {
    let mut message = TcMessage::default();
    message.header.index = ifindex.cast_signed();
    message
}

fn kind(message: &TcMessage) -> Option<&str> {
    message
        .attributes
        .iter()
        .find_map(|attribute| match attribute {
            TcAttribute::Kind(kind) => Some(kind.as_str()),
            _ => None,
        })
}

/// Reads a filter of any kind; those of other kinds have no name. The kernel also shows each
/// priority by itself, with the handle 0, which is read likewise.
fn filter(message: &RouteNetlinkMessage) -> Option<Filter> {
    let RouteNetlinkMessage::NewTrafficFilter(message) = message else {
        return None;
    };
    let mut filter = Filter {
        place: Place {
            priority: (message.header.info >> 16) as u16,
            handle: message.header.handle.into(),
        },
        name: String::new(),
        program: 0,
    };
    let options = message
        .attributes
        .iter()
        .filter_map(|attribute| match attribute {
            TcAttribute::Options(options) => Some(options),
            _ => None,
        });
    for option in options.flatten() {
        match option {
            TcOption::Bpf(TcFilterBpfOption::ProgName(name)) => filter.name.clone_from(name),
            TcOption::Bpf(TcFilterBpfOption::ProgId(id)) => filter.program = *id,
            _ => {}
        }
    }
    Some(filter)
}

/// As far in front as nobody else stands: filters of one priority must be of one kind.
fn free_place(filters: &[Filter], made_clsact: bool) -> Place {
    let taken = |priority: &u16| {
        filters
            .iter()
            .any(|filter| filter.place.priority == *priority)
    };
    Place {
        priority: (1..=u16::MAX)
            .find(|priority| !taken(priority))
            .unwrap_or(u16::MAX),
        handle: if made_clsact {
            HANDLE_WITH_QDISC
        } else {
            HANDLE
        },
    }
}
