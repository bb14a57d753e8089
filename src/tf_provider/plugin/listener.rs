//! The address to which the host connects: a Unix socket in its own directory, or a loopback port where there are no
//! Unix sockets.
//!
//! Only the user can access the directory, and the group that the host names, if any. It is removed with the socket
//! when [`Bound`] is dropped. Paths of Unix sockets are limited to about a hundred bytes, and the directory for
//! temporary files may be too deep; `/tmp` is then the last resort.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::{fmt, io};

use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
#[cfg(unix)]
use tokio::net::{UnixListener, UnixStream};
use tokio_util::either::Either;

use super::environment::{Environment, PortRange};

/// A running listener and its address. Dropping it removes the socket and its directory.
#[derive(Debug)]
pub struct Bound {
    pub(super) listener: Listener,
    pub(super) address: Address,
    pub(super) directory: Option<TempDir>,
}

/// The address of a plugin.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Address {
    /// The path of a Unix socket: valid UTF-8 without control characters and `|`.
    Unix(PathBuf),
    /// A loopback address and its port.
    Tcp(SocketAddr),
}

/// The kind of listener.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Transport {
    /// A Unix socket.
    #[cfg(unix)]
    Unix,
    /// TCP on 127.0.0.1.
    Loopback,
}

/// Why listening failed.
#[derive(Debug, thiserror::Error)]
pub enum ListenerError {
    /// No directory could hold the socket; this is the last one tried.
    #[error("cannot create a socket in {}; expected a writable directory", directory.display())]
    Socket {
        /// The directory.
        directory: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The group that should have access to the socket does not exist on this machine.
    #[error(
        "PLUGIN_UNIX_SOCKET_GROUP is `{group}`; expected a group id, or a name from /etc/group"
    )]
    Group {
        /// The variable's value.
        group: String,
    },
    /// The group could not be given access to the socket.
    #[error("cannot give the group in PLUGIN_UNIX_SOCKET_GROUP access to the socket")]
    GroupAccess {
        /// The system's error.
        source: io::Error,
    },
    /// Every port of the range is taken.
    #[error("no free port on 127.0.0.1 between {} and {} (PLUGIN_MIN_PORT, PLUGIN_MAX_PORT)", ports.first, ports.last)]
    NoPort {
        /// The range that was tried.
        ports: PortRange,
    },
}

impl Transport {
    /// The kind that hosts on this platform expect.
    pub const NATIVE: Self = {
        #[cfg(unix)]
        {
            Self::Unix
        }
        #[cfg(not(unix))]
        {
            Self::Loopback
        }
    };
}

impl Bound {
    /// Starts to listen, with the settings of the environment. Must be called within a Tokio runtime.
    ///
    /// # Errors
    /// Returns an error if no directory is suitable for a socket, the group is unknown, or no port is free.
    pub fn new(transport: Transport, environment: &Environment) -> Result<Self, ListenerError> {
        match transport {
            #[cfg(unix)]
            Transport::Unix => unix::bind(environment),
            Transport::Loopback => bind_loopback(environment.ports),
        }
    }
}

impl Address {
    /// Returns Go's name of the network.
    pub const fn network(&self) -> &'static str {
        match self {
            Self::Unix(_) => "unix",
            Self::Tcp(_) => "tcp",
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => path.display().fmt(f),
            Self::Tcp(address) => address.fmt(f),
        }
    }
}

/// Accepts connections of either kind.
#[derive(Debug)]
pub(super) enum Listener {
    #[cfg(unix)]
    Unix(UnixListener),
    Tcp(TcpListener),
}

impl Listener {
    /// Returns the next connection. Dropping the future loses no connection.
    pub(super) async fn accept(&self) -> io::Result<Socket> {
        match self {
            #[cfg(unix)]
            Self::Unix(listener) => listener.accept().await.map(|(s, _)| Either::Left(s)),
            Self::Tcp(listener) => {
                let (socket, _) = listener.accept().await?;
                socket.set_nodelay(true)?;
                Ok(Either::Right(socket))
            }
        }
    }
}

/// An accepted connection of either kind.
#[cfg(unix)]
pub(super) type Socket = Either<UnixStream, TcpStream>;
/// An accepted connection; the left kind does not exist here.
#[cfg(not(unix))]
pub(super) type Socket = Either<TcpStream, TcpStream>;

fn bind_loopback(ports: PortRange) -> Result<Bound, ListenerError> {
    for port in ports.first..=ports.last {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let listener = std::net::TcpListener::bind(address).and_then(|listener| {
            listener.set_nonblocking(true)?;
            TcpListener::from_std(listener)
        });
        if let Ok(listener) = listener {
            return Ok(Bound {
                listener: Listener::Tcp(listener),
                address: Address::Tcp(address),
                directory: None,
            });
        }
    }
    Err(ListenerError::NoPort { ports })
}

#[cfg(unix)]
mod unix {
    use std::fs::{self, Permissions};
    use std::io;
    use std::os::unix::fs::{PermissionsExt as _, chown};
    use std::path::{Path, PathBuf};

    use tempfile::TempDir;
    use tokio::net::UnixListener;

    use super::{Address, Bound, Listener, ListenerError};
    use crate::plugin::environment::Environment;

    /// Short, because the length of the whole path is limited.
    const DIRECTORY_PREFIX: &str = "tfp-";
    const SOCKET_NAME: &str = "plugin";

    pub(super) fn bind(environment: &Environment) -> Result<Bound, ListenerError> {
        let group = environment.socket_group.as_deref().map(group_id);
        let parents = environment
            .socket_dir
            .clone()
            .into_iter()
            .chain([std::env::temp_dir(), PathBuf::from("/tmp")]);

        let mut failure = None;
        for parent in parents {
            match bind_under(&parent) {
                Ok((listener, directory, path)) => {
                    if let Some(group) = group {
                        open_to_group(directory.path(), &path, group?)?;
                    }
                    return Ok(Bound {
                        listener: Listener::Unix(listener),
                        address: Address::Unix(path),
                        directory: Some(directory),
                    });
                }
                Err(source) => failure = Some((parent, source)),
            }
        }
        let (directory, source) =
            failure.unwrap_or_else(|| (PathBuf::new(), io::ErrorKind::NotFound.into()));
        Err(ListenerError::Socket { directory, source })
    }

    fn bind_under(parent: &Path) -> io::Result<(UnixListener, TempDir, PathBuf)> {
        // The path becomes a field of the handshake line.
        let fits_in_line = |path: &str| !path.contains(|c: char| c.is_control() || c == '|');
        if !parent.to_str().is_some_and(fits_in_line) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "the path is not UTF-8, or contains control characters or `|`",
            ));
        }
        let directory = tempfile::Builder::new()
            .prefix(DIRECTORY_PREFIX)
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(parent)?;
        let path = directory.path().join(SOCKET_NAME);
        let listener = UnixListener::bind(&path)?;
        Ok((listener, directory, path))
    }

    /// Lets the group enter the directory, without listing it, and connect.
    fn open_to_group(directory: &Path, socket: &Path, group: u32) -> Result<(), ListenerError> {
        let give = |path: &Path, mode| {
            chown(path, None, Some(group))?;
            fs::set_permissions(path, Permissions::from_mode(mode))
        };
        give(socket, 0o660)
            .and_then(|()| give(directory, 0o710))
            .map_err(|source| ListenerError::GroupAccess { source })
    }

    fn group_id(group: &str) -> Result<u32, ListenerError> {
        let listed = || group_id_in(&fs::read_to_string("/etc/group").ok()?, group);
        let id = group.parse().ok().or_else(listed);
        id.ok_or_else(|| ListenerError::Group {
            group: group.to_owned(),
        })
    }

    /// Looks up a name in the text of `/etc/group`, which has lines of the form `name:password:number:members`.
    pub(super) fn group_id_in(groups: &str, name: &str) -> Option<u32> {
        groups.lines().find_map(|line| {
            let mut fields = line.split(':');
            (fields.next() == Some(name)).then(|| fields.nth(1)?.parse().ok())?
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_loopback_listener_takes_the_first_free_port_of_the_range() {
        let loopback = |first, last| {
            let environment = Environment {
                ports: PortRange { first, last },
                ..Environment::default()
            };
            Bound::new(Transport::Loopback, &environment)
        };
        let holder = loopback(10_000, 25_000).unwrap();
        let taken = port(&holder);

        let next = loopback(taken, 25_000).unwrap();
        assert!(port(&next) > taken);
        assert_eq!(
            loopback(taken, taken).unwrap_err().to_string(),
            format!(
                "no free port on 127.0.0.1 between {taken} and {taken} (PLUGIN_MIN_PORT, PLUGIN_MAX_PORT)"
            )
        );
    }

    fn port(bound: &Bound) -> u16 {
        match &bound.address {
            Address::Tcp(address) => {
                assert!(address.ip().is_loopback());
                address.port()
            }
            Address::Unix(path) => panic!("{}", path.display()),
        }
    }

    #[cfg(unix)]
    mod unix_sockets {
        use std::fs;
        use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

        use super::*;

        fn mode(path: &std::path::Path) -> u32 {
            fs::metadata(path).unwrap().permissions().mode() & 0o777
        }

        fn socket_path(bound: &Bound) -> PathBuf {
            match &bound.address {
                Address::Unix(path) => path.clone(),
                Address::Tcp(address) => panic!("{address}"),
            }
        }

        #[tokio::test]
        async fn the_socket_lies_in_a_private_directory_that_goes_with_it() {
            let parent = tempfile::tempdir().unwrap();
            let environment = Environment {
                socket_dir: Some(parent.path().to_owned()),
                ..Environment::default()
            };
            let bound = Bound::new(Transport::Unix, &environment).unwrap();
            let path = socket_path(&bound);
            let directory = path.parent().unwrap();
            assert_eq!(directory.parent(), Some(parent.path()));
            assert_eq!(mode(directory), 0o700);
            UnixStream::connect(&path).await.unwrap();
            drop(bound);
            assert!(!directory.exists());
        }

        #[tokio::test]
        async fn a_directory_that_cannot_hold_the_socket_is_passed_over() {
            let parent = tempfile::tempdir().unwrap();
            let deep = parent.path().join("d".repeat(120));
            fs::create_dir(&deep).unwrap();
            let piped = parent.path().join("a|b");
            fs::create_dir(&piped).unwrap();
            for unfit in [deep, piped, parent.path().join("missing")] {
                let environment = Environment {
                    socket_dir: Some(unfit.clone()),
                    ..Environment::default()
                };
                let bound = Bound::new(Transport::Unix, &environment).unwrap();
                let path = socket_path(&bound);
                assert!(!path.starts_with(parent.path()), "{}", path.display());
                if unfit.exists() {
                    assert_eq!(fs::read_dir(&unfit).unwrap().count(), 0, "left something");
                }
            }
        }

        #[tokio::test]
        async fn a_named_group_may_enter_and_connect() {
            let own_group = fs::metadata(tempfile::tempdir().unwrap().path())
                .unwrap()
                .gid();
            let environment = Environment {
                socket_group: Some(own_group.to_string()),
                ..Environment::default()
            };
            let bound = Bound::new(Transport::Unix, &environment).unwrap();
            let path = socket_path(&bound);
            assert_eq!(mode(&path), 0o660);
            assert_eq!(mode(path.parent().unwrap()), 0o710);
            assert_eq!(fs::metadata(&path).unwrap().gid(), own_group);
        }

        #[tokio::test]
        async fn an_unknown_group_is_an_error_and_leaves_nothing_behind() {
            let parent = tempfile::tempdir().unwrap();
            let environment = Environment {
                socket_dir: Some(parent.path().to_owned()),
                socket_group: Some("no such group".to_owned()),
                ..Environment::default()
            };
            let error = Bound::new(Transport::Unix, &environment).unwrap_err();
            assert!(matches!(error, ListenerError::Group { .. }), "{error}");
            assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
        }

        #[test]
        fn group_names_are_looked_up_in_the_form_of_etc_group() {
            let groups = "root:x:0:\nbroken\nwheel:x:10:root,alice\nodd:x:ten:\n";
            for (name, id) in [
                ("root", Some(0)),
                ("wheel", Some(10)),
                ("odd", None),
                ("broken", None),
                ("x", None),
            ] {
                assert_eq!(unix::group_id_in(groups, name), id, "{name}");
            }
        }
    }
}
