//! The daemon's end of the control socket.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::protocol::{Request, Response};

/// Longest question.
const MAX_REQUEST: u64 = 4096;

/// How long a client may take to ask, and to take the answer.
const CLIENT_TIMEOUT: Duration = Duration::from_secs(2);

/// A question, and where its answer goes.
#[derive(Debug)]
pub struct Question {
    /// What is asked.
    pub request: Request,
    /// Where the answer goes.
    pub answer: oneshot::Sender<Response>,
}

/// The socket, removed when dropped.
#[derive(Debug)]
pub struct Server {
    listener: UnixListener,
    path: PathBuf,
}

impl Server {
    /// Listens on `path`, readable by the owner's group. A socket that a dead daemon left there is
    /// replaced.
    ///
    /// # Errors
    /// If the socket cannot be made.
    pub fn bind(path: &Path) -> Result<Self> {
        let bind = || -> io::Result<UnixListener> {
            if fs::symlink_metadata(path).is_ok_and(|meta| is_socket(&meta)) {
                fs::remove_file(path)?;
            }
            let listener = UnixListener::bind(path)?;
            fs::set_permissions(path, fs::Permissions::from_mode(0o660))?;
            Ok(listener)
        };
        let listener = bind().with_context(|| format!("cannot listen on {}", path.display()))?;
        Ok(Self {
            listener,
            path: path.to_owned(),
        })
    }

    /// Takes questions until dropped; each client is served by itself.
    pub async fn serve(&self, questions: mpsc::Sender<Question>) {
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => drop(tokio::spawn(serve_client(stream, questions.clone()))),
                Err(error) => {
                    log::warn!("cannot accept on the control socket: {error}");
                    // Out of descriptors: give them time to come back.
                    tokio::time::sleep(CLIENT_TIMEOUT).await;
                }
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Gone already is as good.
        let _ = fs::remove_file(&self.path);
    }
}

fn is_socket(meta: &fs::Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    meta.file_type().is_socket()
}

async fn serve_client(stream: UnixStream, questions: mpsc::Sender<Question>) {
    // A client that is slow, rude or gone is its own loss.
    let _ = converse(stream, questions).await;
}

async fn converse(stream: UnixStream, questions: mpsc::Sender<Question>) -> io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut line = String::new();
    let mut reader = BufReader::new(reader.take(MAX_REQUEST));
    timeout(CLIENT_TIMEOUT, reader.read_line(&mut line)).await??;
    let response = match serde_json::from_str(&line) {
        Ok(request) => ask(request, &questions).await,
        Err(error) => Response::Error(format!("cannot understand the question: {error}")),
    };
    let mut answer = serde_json::to_vec(&response)?;
    answer.push(b'\n');
    timeout(CLIENT_TIMEOUT, writer.write_all(&answer)).await?
}

async fn ask(request: Request, questions: &mpsc::Sender<Question>) -> Response {
    let (answer, wait) = oneshot::channel();
    let stopping = || Response::Error("the daemon is stopping".to_owned());
    if questions.send(Question { request, answer }).await.is_err() {
        return stopping();
    }
    wait.await.unwrap_or_else(|_| stopping())
}
