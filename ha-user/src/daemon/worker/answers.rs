//! What `vipctl` asks of a worker.

use std::time::Duration;

use tokio::sync::oneshot;

use super::Worker;
use crate::control::protocol::{Request, Response};
use crate::control::server::Question;
use crate::daemon::health::Summary;
use crate::daemon::link::Word;
use crate::daemon::order::Order;
use crate::daemon::standings::Standings;
use crate::daemon::status;
use crate::datapath::Datapath;

impl Worker<'_> {
    pub(super) async fn answer(&mut self, question: Question) {
        match question.request {
            Request::Status => self.tell_status(question.answer),
            Request::Restart => self.ask_for_restart(question.answer).await,
            Request::Reload => {
                // Who asked may have hung up.
                let reloading = self.reload(None).await;
                drop(question.answer.send(Response::Reloading(reloading)));
            }
            Request::Trial(seconds) => {
                let length = Duration::from_secs(seconds.into());
                let reloading = self.reload(Some(length)).await;
                drop(question.answer.send(Response::Reloading(reloading)));
            }
            Request::Diff => drop(question.answer.send(self.compare())),
            Request::Confirm => {
                let said = self.confirm();
                drop(question.answer.send(said));
            }
        }
    }

    async fn ask_for_restart(&mut self, answer: oneshot::Sender<Response>) {
        if self.restart.is_some() {
            // Who asked may have hung up.
            drop(answer.send(Response::Error("it is being restarted already".to_owned())));
            return;
        }
        self.restart = Some(answer);
        self.supervisor.say(&Word::Restart).await;
    }

    pub(super) fn refuse_restart(&mut self, reason: String) {
        if let Some(answer) = self.restart.take() {
            // Who asked may have hung up.
            drop(answer.send(Response::Error(reason)));
        }
    }

    fn tell_status(&self, answer: oneshot::Sender<Response>) {
        let (reply, wait) = oneshot::channel();
        self.adverts.orders.send(Order::Inquire(reply));
        let plans = self.routers.iter().map(|(_, known)| &known.plan);
        let links = self.monitor.links();
        let standings = Standings::new(&self.config, &self.trackers, links, plans);
        let outline = status::Outline {
            config_file: self.options.config.display().to_string(),
            instances: status::outline(&self.config, &self.routers, |instance| {
                standings.fault(instance)
            }),
            interfaces: self.attachments.describe(self.monitor.links()),
            lease: self.config.xdp.lease,
            known: self.trackers.known().checks,
            packets: self.datapath.as_ref().map(Datapath::counters).transpose(),
        };
        let probed = self.trackers.checks.inquire();
        tokio::spawn(async move {
            let probed = match probed {
                // A thread that is gone ends this process.
                Some(probed) => probed.await.unwrap_or_default(),
                None => Summary::default(),
            };
            let response = match wait.await {
                Ok(report) => {
                    let status = status::assemble(outline, &report, probed);
                    Response::Status(Box::new(status))
                }
                Err(_) => Response::Error("the advert thread is gone".to_owned()),
            };
            // Who asked may have hung up.
            drop(answer.send(response));
        });
    }
}
