//! The program's modules and instances as wasmtime has them: what they have, and
//! the breakpoints in them.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use wasm_host::State;
use wasmtime::{AsContext, AsContextMut, ExternType, FrameHandle, Global, ModulePC, StoreContextMut, Val};

use super::code;
use super::failed;
use super::memory::{AnyMemory, own_memories};
use super::objects::Objects;
use crate::engine::{
    CodeAddress, EngineError, Instance, InstanceId, MemoryId, ModuleId, Reference, Result, Value, WasmFrame,
};

/// The program's modules, as wasmtime has them, from the beginning of its run
/// on.
#[derive(Default)]
pub(super) struct Guest {
    pub(super) modules: OnceLock<Vec<wasmtime::Module>>,
    /// The start functions of the modules.
    pub(super) starts: OnceLock<Vec<Option<u32>>>,
    breakpoints: Mutex<Breakpoints>,
    /// The program stands in a function of the host that it has called.
    pub(super) in_host: AtomicBool,
    pub(super) objects: Objects,
}

/// The breakpoints that are set in the compiled code.
///
/// wasmtime keeps one table for all modules of a component, and looks places up
/// there by their offsets alone: a breakpoint stops other modules, too, and
/// whatever clears one may clear those of others. So a stop is looked at, and
/// all breakpoints are set anew after each change.
#[derive(Default)]
struct Breakpoints {
    wanted: BTreeSet<CodeAddress>,
    /// Where they are: an instruction that compiles to nothing has none, and the
    /// next one has it.
    places: BTreeSet<CodeAddress>,
}

impl Guest {
    pub(super) fn modules(&self) -> &[wasmtime::Module] {
        self.modules.get().map_or(&[], Vec::as_slice)
    }

    pub(super) fn set_breakpoints(
        &self,
        store: &mut StoreContextMut<'_, State>,
        wanted: BTreeSet<CodeAddress>,
    ) -> Result<()> {
        let mut breakpoints = self.breakpoints.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(mut edit) = store.as_context_mut().edit_breakpoints() else {
            return Err(EngineError::Failed("the program is not compiled for debugging".to_string()));
        };
        let module = |address: &CodeAddress| {
            let module = self.modules().get(address.module.0 as usize);
            module.ok_or(EngineError::NoInstruction(*address))
        };
        for address in &breakpoints.wanted {
            edit.remove_breakpoint(module(address)?, ModulePC::new(address.offset)).map_err(failed)?;
        }
        for address in &wanted {
            edit.add_breakpoint(module(address)?, ModulePC::new(address.offset)).map_err(failed)?;
        }
        drop(edit);
        let places = store.as_context().breakpoints().into_iter().flatten().filter_map(|place| {
            let module = self.modules().iter().position(|module| wasmtime::Module::same(module, &place.module))?;
            Some(CodeAddress { module: ModuleId(module as u32), offset: place.pc.raw() })
        });
        *breakpoints = Breakpoints { places: places.collect(), wanted };
        Ok(())
    }

    pub(super) fn is_at_breakpoint(&self, store: &mut StoreContextMut<'_, State>) -> bool {
        let innermost = store.debug_exit_frames().next();
        let top = innermost.and_then(|frame| self.frame(store, &frame).ok()?);
        let breakpoints = self.breakpoints.lock().unwrap_or_else(PoisonError::into_inner);
        top.is_some_and(|top| breakpoints.places.contains(&top.pc))
    }

    /// The function of the host that is called before an instruction.
    pub(super) fn host_call(&self, pc: CodeAddress) -> Option<String> {
        code::host_call(self.modules().get(pc.module.0 as usize)?.debug_bytecode()?, pc.offset)
    }

    /// What is thrown, in words, if no call that is active catches it. It leaves
    /// the program with the innermost call from the host.
    pub(super) fn uncaught(
        &self,
        store: &mut StoreContextMut<'_, State>,
        thrown: &wasmtime::OwnedRooted<wasmtime::ExnRef>,
    ) -> Option<String> {
        let thrown = thrown.to_rooted(&mut *store);
        let thrown_tag = thrown.tag(&mut *store).ok()?;
        let mut frame = store.debug_exit_frames().next();
        let mut is_caller = false;
        while let Some(handle) = frame.take() {
            if let Ok(Some(call)) = self.frame(store, &handle)
                && let Some(bytes) = self.modules()[call.pc.module.0 as usize].debug_bytecode()
                && let Ok(instance) = handle.instance(&mut *store)
            {
                let offset = call.pc.offset.saturating_sub(u32::from(is_caller));
                let catches = |tag: Option<u32>| match tag {
                    Some(index) => instance
                        .debug_tag(&mut *store, index)
                        .is_some_and(|tag| wasmtime::Tag::eq(&tag, &thrown_tag, &*store)),
                    None => true,
                };
                if code::handlers(bytes, offset).into_iter().any(catches) {
                    return None;
                }
                is_caller = true;
            }
            frame = self.parent(store, &handle).ok()?;
        }
        let values: Vec<Val> = thrown.fields(&mut *store).map(Iterator::collect).unwrap_or_default();
        let values: Vec<String> = values.into_iter().map(|value| self.value(store, value).to_string()).collect();
        Some(format!("thrown with ({})", values.join(", ")))
    }

    pub(super) fn describe(
        &self,
        store: &mut StoreContextMut<'_, State>,
        instance: wasmtime::Instance,
        memories: &mut Vec<AnyMemory>,
    ) -> Result<Instance> {
        let module = self.module_of(store, instance)?;
        let mut own = Vec::new();
        for memory in own_memories(store, instance) {
            let known = memories.iter().position(|known| known.same(&memory, store));
            own.push(MemoryId(known.unwrap_or(memories.len()) as u32));
            if known.is_none() {
                memories.push(memory);
            }
        }
        let globals = (0..).take_while(|index| instance.debug_global(&mut *store, *index).is_some()).count();
        Ok(Instance { module, memories: own, globals: globals as u32 })
    }

    pub(super) fn module_of(
        &self,
        store: &StoreContextMut<'_, State>,
        instance: wasmtime::Instance,
    ) -> Result<ModuleId> {
        let wanted = instance.module(store);
        let known = self.modules().iter().position(|module| wasmtime::Module::same(module, wanted));
        known
            .map(|index| ModuleId(index as u32))
            .ok_or_else(|| EngineError::Failed("an instance of a module that was not loaded".to_string()))
    }

    pub(super) fn instance(
        &self,
        store: &mut StoreContextMut<'_, State>,
        id: InstanceId,
    ) -> Result<wasmtime::Instance> {
        let all = store.as_context_mut().debug_all_instances();
        all.get(id.0 as usize).copied().ok_or_else(|| EngineError::NoSuch(format!("instance {}", id.0)))
    }

    pub(super) fn global(
        &self,
        store: &mut StoreContextMut<'_, State>,
        instance: InstanceId,
        index: u32,
    ) -> Result<Global> {
        let instance = self.instance(store, instance)?;
        instance.debug_global(&mut *store, index).ok_or_else(|| EngineError::NoSuch(format!("global {index}")))
    }

    /// All memories, in the order of the instances that have them first.
    pub(super) fn memories(&self, store: &mut StoreContextMut<'_, State>) -> Result<Vec<AnyMemory>> {
        let mut memories = Vec::new();
        for instance in store.as_context_mut().debug_all_instances() {
            self.describe(store, instance, &mut memories)?;
        }
        Ok(memories)
    }

    pub(super) fn memory(&self, store: &mut StoreContextMut<'_, State>, id: MemoryId) -> Result<AnyMemory> {
        let memories = self.memories(store)?;
        memories.into_iter().nth(id.0 as usize).ok_or_else(|| EngineError::NoSuch(format!("memory {}", id.0)))
    }

    pub(super) fn frame(
        &self,
        store: &mut StoreContextMut<'_, State>,
        handle: &FrameHandle,
    ) -> Result<Option<WasmFrame>> {
        let Some((defined, pc)) = handle.wasm_function_index_and_pc(&mut *store).map_err(failed)? else {
            return Ok(None);
        };
        let wanted = handle.instance(&mut *store).map_err(failed)?;
        let module = self.module_of(store, wanted)?;
        let instance = store.as_context_mut().debug_all_instances().iter().position(|instance| *instance == wanted);
        let imported = self.modules()[module.0 as usize]
            .imports()
            .filter(|import| matches!(import.ty(), ExternType::Func(_)))
            .count();
        Ok(Some(WasmFrame {
            instance: InstanceId(instance.unwrap_or_default() as u32),
            function: imported as u32 + defined.as_u32(),
            pc: CodeAddress { module, offset: pc.raw() },
            locals: handle.num_locals(&mut *store).map_err(failed)?,
            operands: handle.num_stacks(&mut *store).map_err(failed)?,
        }))
    }

    /// The frame outside of one, in the same activation.
    ///
    /// wasmtime calls start functions from code that it takes for the program's,
    /// and fails on: they are the outermost.
    pub(super) fn parent(
        &self,
        store: &mut StoreContextMut<'_, State>,
        handle: &FrameHandle,
    ) -> Result<Option<FrameHandle>> {
        let starts = self.starts.get_or_init(|| {
            let start = |module: &wasmtime::Module| code::start_function(module.debug_bytecode()?);
            self.modules().iter().map(start).collect()
        });
        if starts.iter().any(Option::is_some)
            && let Some(frame) = self.frame(store, handle)?
            && starts.get(frame.pc.module.0 as usize) == Some(&Some(frame.function))
        {
            return Ok(None);
        }
        handle.parent(&mut *store).map_err(failed)
    }

    /// The frame with this index among all.
    pub(super) fn handle(&self, store: &mut StoreContextMut<'_, State>, wanted: usize) -> Result<FrameHandle> {
        let mut index = 0;
        let activations: Vec<FrameHandle> = store.debug_exit_frames().collect();
        for (depth, innermost) in activations.into_iter().enumerate() {
            index += usize::from(depth > 0 || self.in_host.load(Ordering::Acquire));
            let mut frame = Some(innermost);
            while let Some(handle) = frame.take() {
                if handle.wasm_function_index_and_pc(&mut *store).map_err(failed)?.is_some() {
                    if index == wanted {
                        return Ok(handle);
                    }
                    index += 1;
                }
                frame = self.parent(store, &handle)?;
            }
        }
        Err(EngineError::NoSuch(format!("frame {wanted} of the program")))
    }

    pub(super) fn value(&self, store: &mut StoreContextMut<'_, State>, value: Val) -> Value {
        match value {
            Val::I32(bits) => Value::I32(bits as u32),
            Val::I64(bits) => Value::I64(bits as u64),
            Val::F32(bits) => Value::F32(bits),
            Val::F64(bits) => Value::F64(bits),
            Val::V128(bits) => Value::V128(bits.as_u128()),
            Val::FuncRef(Some(_)) => Value::Reference(Reference::Function(None)),
            Val::ExternRef(Some(reference)) => Value::Reference(match reference.data(&*store).ok().flatten() {
                Some(data) => Reference::Extern(data.downcast_ref::<u32>().copied().unwrap_or_default()),
                // It is a reference of the program's that went out as the host's.
                None => match wasmtime::AnyRef::convert_extern(&mut *store, reference) {
                    Ok(inner) => self.reference(store, inner),
                    Err(_) => Reference::Object,
                },
            }),
            Val::ExnRef(Some(_)) => Value::Reference(Reference::Exception),
            Val::AnyRef(Some(reference)) => Value::Reference(self.reference(store, reference)),
            Val::ContRef(Some(_)) => Value::Reference(Reference::Object),
            _ => Value::Reference(Reference::Null),
        }
    }
}
