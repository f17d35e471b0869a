//! A question to a name server (RFC 1035): `DNS_CHECK`.

use bytes::Bytes;
use hickory_proto::op::{Message, MessageType, Query, ResponseCode};
use hickory_proto::rr::{Name, RecordType};

use super::{Dialogue, Want};
use crate::check::{Failure, Outcome};

/// Asks for records of one type of one name. Any answer without an error is good, also one that there
/// are none.
#[derive(Debug)]
pub struct Question(Message);

impl Question {
    /// For records of `kind` of `name`, which is whole, whether or not a dot ends it.
    #[must_use]
    pub fn new(mut name: Name, kind: RecordType) -> Self {
        // As it comes back: names that differ in this are not equal.
        name.set_fqdn(true);
        let mut message = Message::query();
        message.metadata.recursion_desired = true;
        message.add_query(Query::query(name, kind));
        Self(message)
    }

    /// Judges a message. One that answers another question, which a stranger may have sent, is passed
    /// over.
    fn judge(&self, answer: &Message) -> Option<Outcome> {
        let asked = &self.0;
        let is_ours = answer.metadata.message_type == MessageType::Response
            && answer.metadata.id == asked.metadata.id
            && (answer.queries.is_empty() || answer.queries == asked.queries);
        is_ours.then(|| match answer.metadata.response_code {
            ResponseCode::NoError => Ok(()),
            code => Err(Failure::new(format!("DNS \"{code}\", expected no error"))),
        })
    }
}

impl Dialogue for Question {
    fn begin(&mut self) -> Want {
        match self.0.to_vec() {
            Ok(octets) => Want::Say(Bytes::from(octets)),
            Err(error) => Want::fail(format!("the question cannot be put: {error}")),
        }
    }

    fn hear(&mut self, octets: &[u8]) -> Want {
        match Message::from_vec(octets) {
            Ok(answer) => self.judge(&answer).map_or(Want::Hear, Want::End),
            Err(error) => Want::fail(format!("no DNS: {error}")),
        }
    }

    fn close(&mut self) -> Outcome {
        Err(Failure::new("closed without an answer"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn question() -> Question {
        Question::new(Name::root(), RecordType::SOA)
    }

    fn asked(question: &mut Question) -> Message {
        let Want::Say(octets) = question.begin() else {
            panic!("it asks first");
        };
        Message::from_vec(&octets).expect("a message")
    }

    /// What is thought of the answer that `change` makes of the question.
    fn heard(change: impl FnOnce(&mut Message)) -> Want {
        answered(question(), change)
    }

    fn answered(mut question: Question, change: impl FnOnce(&mut Message)) -> Want {
        let mut answer = asked(&mut question);
        answer.metadata.message_type = MessageType::Response;
        change(&mut answer);
        question.hear(&answer.to_vec().expect("octets"))
    }

    #[test]
    fn an_answer_without_an_error_is_good() {
        assert_eq!(heard(|_| ()), Want::End(Ok(())));
        assert_eq!(heard(|answer| answer.queries.clear()), Want::End(Ok(())));
        let refused = heard(|answer| answer.metadata.response_code = ResponseCode::Refused);
        let Want::End(Err(failure)) = refused else {
            panic!("{refused:?}");
        };
        assert!(
            failure.to_string().ends_with("expected no error"),
            "{failure}"
        );
    }

    #[test]
    fn a_name_is_whole_with_or_without_a_dot_at_its_end() {
        for name in ["www.example", "www.example."] {
            let name = Name::from_ascii(name).expect("a name");
            let question = Question::new(name, RecordType::A);
            assert_eq!(answered(question, |_| ()), Want::End(Ok(())));
        }
    }

    #[test]
    fn another_questions_answer_is_passed_over() {
        assert_eq!(heard(|answer| answer.metadata.id ^= 1), Want::Hear);
        assert_eq!(
            heard(|answer| answer.metadata.message_type = MessageType::Query),
            Want::Hear
        );
    }

    proptest! {
        #[test]
        fn no_answer_makes_it_panic(octets: Vec<u8>) {
            let _ = question().hear(&octets);
        }
    }
}
