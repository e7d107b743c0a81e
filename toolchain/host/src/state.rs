//! What a run's host functions work on.

use wasmtime::{ResourceLimiter, StoreLimits, StoreLimitsBuilder};
use wasmtime_wasi::p1::WasiP1Ctx;
use wasmtime_wasi::{WasiCtxView, WasiView};

use crate::{Error, Limits, Options, Output};

/// The data of a program's store.
pub struct State {
    pub(crate) wasi: WasiP1Ctx,
    limits: StoreLimits,
    pub(crate) stdout: Output,
    pub(crate) stderr: Output,
}

impl State {
    pub(crate) fn new(options: &Options, limits: &Limits) -> Result<State, Error> {
        let limits = match limits.memory_bytes {
            Some(bytes) => StoreLimitsBuilder::new().memory_size(bytes).build(),
            None => StoreLimits::default(),
        };
        Ok(State {
            wasi: options.wasi()?.build_p1(),
            limits,
            stdout: options.stdout.clone(),
            stderr: options.stderr.clone(),
        })
    }

    pub(crate) fn limits(&mut self) -> &mut dyn ResourceLimiter {
        &mut self.limits
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        self.wasi.ctx()
    }
}
