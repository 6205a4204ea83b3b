//! The program of the services, which a test kills and starts again.

use std::collections::BTreeMap;
use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use super::{Engine, Process, free_addresses, until};

/// The service.
pub(crate) struct Service {
    process: Process,
    pub(crate) address: SocketAddr,
    orders: PathBuf,
    log: PathBuf,
    served: Vec<&'static str>,
    settings: Vec<(&'static str, &'static str)>,
    /// What the process is started with: nothing, or a shell that limits it.
    shell: &'static str,
}

impl Service {
    pub(crate) fn start(engine: &Engine, served: &[&'static str]) -> Self {
        Self::with(engine, served, &[], "")
    }

    /// Starts a service with variables of the environment, in a shell that runs a command first.
    pub(crate) fn with(
        engine: &Engine,
        served: &[&'static str],
        settings: &[(&'static str, &'static str)],
        shell: &'static str,
    ) -> Self {
        let [address] = free_addresses();
        let folder = engine.folder.path();
        let (orders, log) = (folder.join("orders"), folder.join("service.log"));
        fs::create_dir_all(&orders).expect("a folder for orders");
        let (served, settings) = (served.to_vec(), settings.to_vec());
        let process = Self::launch(address, &orders, &log, (&served, &settings, shell));
        let service = Self { process, address, orders, log, served, settings, shell };
        service.wait_until_it_listens();
        service
    }

    fn launch(
        address: SocketAddr,
        orders: &Path,
        log: &Path,
        (served, settings, shell): (&[&str], &[(&str, &str)], &str),
    ) -> Process {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("{shell}\nexec \"$0\" \"$@\""), env!("CARGO_BIN_EXE_adagio-restate-tests")]);
        command.envs(settings.iter().copied());
        Process::start(command.arg(address.to_string()).arg(orders).args(served), log)
    }

    fn wait_until_it_listens(&self) {
        until("the service listens", || TcpStream::connect(self.address).is_ok());
    }

    pub(crate) fn id(&self) -> u32 {
        self.process.0.id()
    }

    pub(crate) fn kill(&mut self) {
        self.process.kill();
    }

    pub(crate) fn start_again(&mut self) {
        let program = (&self.served[..], &self.settings[..], self.shell);
        self.process = Self::launch(self.address, &self.orders, &self.log, program);
        self.wait_until_it_listens();
    }

    /// Starts another program at the address.
    pub(crate) fn start_again_as(&mut self, served: &'static str) {
        self.served = vec![served];
        self.start_again();
    }

    /// Tells the process to end, as an orchestrator of containers does.
    pub(crate) fn terminate(&self) {
        let killed = Command::new("kill").args(["-TERM", &self.id().to_string()]).status();
        assert!(killed.expect("there is `kill`").success());
    }

    /// Returns how the process has ended, if it has.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.process.0.try_wait().expect("it is our process")
    }

    pub(crate) fn order(&self, order: &str) {
        fs::write(self.orders.join(order), "").expect("an order can be left");
    }

    pub(crate) fn revoke(&self, order: &str) {
        fs::remove_file(self.orders.join(order)).expect("the order was left");
    }

    /// Forgets which tasks were executed.
    pub(crate) fn forget(&self) {
        _ = fs::remove_file(self.orders.join("log"));
    }

    /// Returns how often each task was executed.
    pub(crate) fn executions(&self) -> BTreeMap<String, usize> {
        let log = fs::read_to_string(self.orders.join("log")).unwrap_or_default();
        let mut executions = BTreeMap::new();
        for task in log.lines() {
            *executions.entry(task.to_owned()).or_default() += 1;
        }
        executions
    }

    pub(crate) fn count(&self, task: &str) -> usize {
        self.executions().get(task).copied().unwrap_or_default()
    }

    pub(crate) fn wait_for_all(&self, tasks: &[&str]) {
        for task in tasks {
            self.wait_for(task);
        }
    }

    pub(crate) fn wait_for(&self, task: &str) {
        until(&format!("`{task}` starts"), || self.count(task) > 0);
    }
}
