//! A thread beside the main loop: orders go there, news come back.

use anyhow::Result;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

use super::queue;

/// The main loop's end of it.
#[derive(Debug)]
pub(super) struct Beside<Order, News> {
    orders: queue::Sender<Order>,
    news: UnboundedReceiver<News>,
}

impl<Order, News> Beside<Order, News> {
    /// Starts it by a function that is given where news go.
    ///
    /// # Errors
    /// Those of `start`.
    pub(super) fn start(
        start: impl FnOnce(UnboundedSender<News>) -> Result<queue::Sender<Order>>,
    ) -> Result<Self> {
        let (sender, news) = unbounded_channel();
        let orders = start(sender)?;
        Ok(Self { orders, news })
    }

    /// Tells it something.
    pub(super) fn send(&self, order: Order) {
        self.orders.send(order);
    }

    /// Asks it something; the answer comes when it does.
    pub(super) fn ask<Answer>(
        &self,
        question: impl FnOnce(oneshot::Sender<Answer>) -> Order,
    ) -> oneshot::Receiver<Answer> {
        let (reply, wait) = oneshot::channel();
        self.send(question(reply));
        wait
    }

    /// Waits for news; without a thread, for ever. `None` if that has ended. Can be cancelled without
    /// losing any.
    pub(super) async fn next(thread: Option<&mut Self>) -> Option<News> {
        match thread {
            Some(thread) => thread.news.recv().await,
            None => std::future::pending().await,
        }
    }
}
