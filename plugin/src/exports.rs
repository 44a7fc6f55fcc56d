//! The exports of docs/ABI.md: addresses in, addresses out. They have their names on wasm32 only; tests and Miri call the
//! same functions natively.

use crate::shell::Shell;
use alloc::alloc::{Layout, alloc, dealloc};
#[cfg(test)]
use alloc::vec::Vec;
use tapsieve_detector::Outcome;

/// Small, and made for a memory that only grows.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

/// Nothing here panics. Where something does all the same, the panic becomes a trap, which hosts survive: its message would
/// cost 20 KB.
#[cfg(target_arch = "wasm32")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

/// The one instance. A module's memory belongs to one thread, and no export calls another.
static mut SHELL: Shell = Shell::new();

/// # Safety
/// Nothing else that this returned is in use.
unsafe fn shell<'a>() -> &'a mut Shell {
    // SAFETY: the caller's promise; an instance is used by one thread.
    unsafe { (&raw mut SHELL).as_mut_unchecked() }
}

/// The bytes of an argument; none for address 0 and for more than there can be.
///
/// # Safety
/// Unless it is 0, `len` bytes from `address` are memory that the host has written and does not change during
/// the call.
unsafe fn argument<'a>(address: *const u8, len: usize) -> Option<&'a [u8]> {
    if address.is_null() || isize::try_from(len).is_err() {
        return None;
    }
    // SAFETY: the caller's promise; the length is one that a slice can have.
    Some(unsafe { core::slice::from_raw_parts(address, len) })
}

/// [`argument`] for what is read while answers are written: an answer that a host hands in again is copied first.
///
/// # Safety
/// As [`argument`].
#[inline(always)]
unsafe fn record_argument<'a>(address: *const u8, len: usize) -> Option<&'a [u8]> {
    // SAFETY: the caller's promise; given up before anything else asks for the shell.
    unsafe {
        match shell().holds(address as usize, len) {
            false => argument(address, len),
            true => copied_argument(address, len),
        }
    }
}

/// # Safety
/// As [`argument`].
#[cold]
#[inline(never)]
unsafe fn copied_argument<'a>(address: *const u8, len: usize) -> Option<&'a [u8]> {
    // SAFETY: the caller's promise; nothing is written before the copy is made.
    let record = unsafe { argument(address, len) }?;
    // Given up again with the next record that has to be copied.
    // SAFETY: given up before anything else asks for it; the copy is not written to during a call.
    let copy: *const [u8] = unsafe { shell() }.copied(record)?;
    // SAFETY: the shell keeps it until the next call.
    Some(unsafe { &*copy })
}

/// Two numbers in one: the address in the high half, the length in the low half.
#[cfg(target_pointer_width = "32")]
type Packed = u64;
#[cfg(target_pointer_width = "64")]
type Packed = u128;

fn packed(address: *const u8, len: usize) -> Packed {
    (address as usize as Packed) << usize::BITS | len as Packed
}

fn packed_slice(bytes: &[u8]) -> Packed {
    packed(bytes.as_ptr(), bytes.len())
}

#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
extern "C" fn abi_version() -> u32 {
    1
}

/// Keeps the block's size in the eight bytes before the address.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
extern "C" fn malloc(len: usize) -> *mut u8 {
    // SAFETY: what was kept is taken out before anything else is called.
    let [first, second] = unsafe { kept() };
    if len < first.size {
        return first.take();
    }
    if len < second.size {
        return second.take();
    }
    malloc_anew(len)
}

/// Takes a block from the allocator, whatever is kept.
#[inline(never)]
fn malloc_anew(len: usize) -> *mut u8 {
    // What is kept is too small for this host, so of no more use to it.
    // SAFETY: the caller is done with it, and `release` does not ask for it.
    for slot in unsafe { kept() } {
        if slot.size > 0 {
            // SAFETY: a kept block comes from `malloc` and has no owner.
            unsafe { release(slot.take()) };
        }
    }
    let Some(size) = len.checked_add(1).and_then(|size| size.checked_next_multiple_of(GRAIN)) else {
        return core::ptr::null_mut();
    };
    let Some(layout) = layout(size) else { return core::ptr::null_mut() };
    // SAFETY: the layout is never empty, it has room for the header.
    let base = unsafe { alloc(layout) };
    if base.is_null() {
        return base;
    }
    // SAFETY: `base` has room for the header and is aligned to it.
    unsafe {
        base.cast::<usize>().write(size);
        base.add(HEADER)
    }
}

const HEADER: usize = 8;

/// Sizes are rounded up to this, so that the next, slightly longer record fits the same block.
const GRAIN: usize = 256;

/// A block that the host gave back.
struct Kept {
    /// Usable bytes + 1; 0 where nothing is kept.
    size: usize,
    address: *mut u8,
}

impl Kept {
    const NONE: Kept = Kept { size: 0, address: core::ptr::null_mut() };

    #[inline(always)]
    fn take(&mut self) -> *mut u8 {
        self.size = 0;
        self.address
    }
}

/// The last blocks that the host gave back. Fluent Bit takes two for every event and gives both back after it;
/// keeping them costs a tenth of what the allocator does in an interpreter.
static mut KEPT: [Kept; 2] = [Kept::NONE; 2];

/// # Safety
/// Nothing else that this returned is in use.
unsafe fn kept<'a>() -> &'a mut [Kept; 2] {
    // SAFETY: the caller's promise; an instance is used by one thread.
    unsafe { (&raw mut KEPT).as_mut_unchecked() }
}

fn layout(size: usize) -> Option<Layout> {
    Layout::from_size_align(size.checked_add(HEADER)?, HEADER).ok()
}

/// # Safety
/// `address` comes from `malloc` and has not been released.
unsafe fn size(address: *mut u8) -> usize {
    // SAFETY: `malloc` wrote the header.
    unsafe { address.sub(HEADER).cast::<usize>().read() }
}

/// # Safety
/// `address` is 0 or comes from `malloc`, has not been released and is not kept.
#[inline(never)]
unsafe fn release(address: *mut u8) {
    if address.is_null() {
        return;
    }
    // SAFETY: `malloc` wrote the header, from which its layout follows.
    unsafe {
        if let Some(layout) = layout(size(address)) {
            dealloc(address.sub(HEADER), layout);
        }
    }
}

/// # Safety
/// `address` is 0 or comes from `malloc` and has not been freed.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
unsafe extern "C" fn free(address: *mut u8) {
    // SAFETY: `size` and `release` do not ask for it.
    let [first, second] = unsafe { kept() };
    let slot = match (first.size, second.size) {
        _ if address.is_null() => return,
        (0, _) => first,
        (_, 0) => second,
        // SAFETY: the caller's promise; what is kept was freed before.
        _ => return unsafe { release(address) },
    };
    // SAFETY: the caller's promise.
    *slot = Kept { size: unsafe { size(address) }, address };
}

/// # Safety
/// As [`argument`].
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
unsafe extern "C" fn configure(address: *const u8, len: usize) -> Packed {
    // SAFETY: the caller's promise.
    let json = unsafe { argument(address, len) }.unwrap_or_default();
    // A copy, because the policy in force may be the argument, and goes.
    let json = json.to_vec();
    // SAFETY: the only one in this call.
    unsafe { shell() }.configure(json).map_or(0, |message| packed_slice(message.as_bytes()))
}

/// # Safety
/// As [`argument`].
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
unsafe extern "C" fn process(address: *const u8, len: usize) -> Packed {
    // SAFETY: the caller's promise.
    let Some(record) = (unsafe { record_argument(address, len) }) else { return packed(address, len) };
    // SAFETY: the only one in use.
    match unsafe { shell() }.process(record) {
        Outcome::Unchanged => packed_slice(record),
        Outcome::Enriched(record) => packed_slice(record),
        Outcome::Dropped => 0,
    }
}

/// # Safety
/// As [`argument`].
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
unsafe extern "C" fn scan(address: *const u8, len: usize) -> usize {
    // SAFETY: the caller's promise.
    let Some(block) = (unsafe { argument(address, len) }) else { return 0 };
    // SAFETY: the only one in this call.
    unsafe { shell() }.scan(block).unwrap_or(len)
}

#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
extern "C" fn verdict() -> Packed {
    // SAFETY: the only one in this call.
    packed_slice(unsafe { shell() }.verdict())
}

#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
extern "C" fn policy() -> Packed {
    // SAFETY: the only one in this call.
    packed_slice(unsafe { shell() }.policy())
}

/// # Safety
/// As [`argument`] for the record; the tag is not read.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
unsafe extern "C" fn fluent_bit_process(
    _tag: *const u8,
    _tag_len: u32,
    _sec: u32,
    _nsec: u32,
    record: *const u8,
    record_len: usize,
) -> *const u8 {
    // SAFETY: the caller's promise.
    unsafe { answer_fluent_bit(record, record_len, Shell::fluent_bit_process) }
}

/// # Safety
/// As [`fluent_bit_process`].
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
unsafe extern "C" fn fluent_bit_repair(
    _tag: *const u8,
    _tag_len: u32,
    _sec: u32,
    _nsec: u32,
    record: *const u8,
    record_len: usize,
) -> *const u8 {
    // SAFETY: the caller's promise.
    unsafe { answer_fluent_bit(record, record_len, Shell::fluent_bit_repair) }
}

/// # Safety
/// As [`fluent_bit_process`].
#[inline(always)]
unsafe fn answer_fluent_bit(
    record: *const u8,
    record_len: usize,
    answer: impl for<'s> Fn(&'s mut Shell, &[u8]) -> Option<&'s [u8]>,
) -> *const u8 {
    if record.is_null() {
        return uncopied_record(record_len);
    }
    // SAFETY: the caller's promise.
    let Some(bytes) = (unsafe { record_argument(record, record_len) }) else { return record };
    // SAFETY: the only one in use.
    answer(unsafe { shell() }, bytes).map_or(bytes.as_ptr(), <[u8]>::as_ptr)
}

#[cold]
#[inline(never)]
fn uncopied_record(len: usize) -> *const u8 {
    // SAFETY: the only one in this call.
    unsafe { shell() }.uncopied_record(len as u32).as_ptr()
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, reason = "a test that panics has failed, as it should")]
mod tests {
    use super::*;

    const MIRROR: &[u8] = br#"{"eventSource":"ec2.amazonaws.com","eventName":"CreateTrafficMirrorSession"}"#;
    const POLICY: &[u8] = br#"{"keep":"mirror"}"#;

    /// Bytes in memory of the module's, as a host puts them there.
    fn put(bytes: &[u8]) -> (*mut u8, usize) {
        let address = malloc(bytes.len());
        assert!(!address.is_null() && (address as usize).is_multiple_of(8));
        // SAFETY: `malloc` gave so many bytes.
        unsafe { address.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
        (address, bytes.len())
    }

    fn unpacked(packed: Packed) -> (*const u8, usize) {
        let len = packed as usize;
        (core::ptr::with_exposed_provenance((packed >> usize::BITS) as usize), len)
    }

    fn read((address, len): (*const u8, usize)) -> Vec<u8> {
        if len == 0 {
            return Vec::new();
        }
        // SAFETY: an answer that nothing has been called after.
        unsafe { core::slice::from_raw_parts(address, len) }.to_vec()
    }

    /// One after the other, because all of them share the one instance.
    #[test]
    fn a_host_may_call_as_the_page_says() {
        // SAFETY: what is passed was put there or comes from the call before, as the page allows.
        unsafe {
            let (address, len) = put(MIRROR);
            let answer = unpacked(process(address, len));
            let enriched = read(answer);
            assert!(enriched.starts_with(&MIRROR[..len - 1]) && enriched.len() > len);
            assert!(read(unpacked(verdict())).starts_with(br#"{"schema":1"#));

            // An answer that is handed in again is read before anything is written.
            let again = read(unpacked(process(answer.0, answer.1)));
            assert_eq!(again, enriched);
            let answer = unpacked(process(address, len));
            let shorter = read(unpacked(process(answer.0.add(1), answer.1 - 2)));
            assert_eq!(shorter, enriched[1..enriched.len() - 1]);
            process(address, len);
            let description = unpacked(verdict());
            let expected = read(description);
            assert_eq!(read(unpacked(process(description.0, description.1))), expected);
            for call in [fluent_bit_process, fluent_bit_repair] {
                let answer = call(core::ptr::null(), 0, 0, 0, address, len);
                assert_eq!(read((answer, enriched.len())), enriched);
                let again = call(core::ptr::null(), 0, 0, 0, answer, enriched.len());
                assert_eq!(read((again, enriched.len())), enriched);
            }
            let answer = read(unpacked(process(address, len)));
            assert_eq!(answer, enriched);

            // What is no argument is unchanged.
            for (address, len) in
                [(core::ptr::null(), 0), (core::ptr::null(), 7), (address.cast_const(), usize::MAX)]
            {
                assert_eq!(unpacked(process(address, len)), (address, len));
                assert_eq!(scan(address, len), 0);
            }
            assert!(scan(address, len) < len);
            let said = fluent_bit_process(core::ptr::null(), 0, 0, 0, core::ptr::null(), 9000);
            assert!(read((said, 40)).starts_with(br#"{"tapsieve_error":"record of 9000"#));
            assert!(read(unpacked(configure(core::ptr::null(), 7))).ends_with(b"expected a JSON object"));

            let (json, json_len) = put(POLICY);
            assert_eq!(configure(json, json_len), 0);
            let in_force = unpacked(policy());
            assert_eq!(read(in_force), POLICY);
            assert_eq!(configure(in_force.0, in_force.1), 0);
            assert_eq!(read(unpacked(policy())), POLICY);
            let (other, other_len) = put(b"{}");
            assert_eq!(unpacked(process(other, other_len)).1, 0);

            // Blocks of every size, given back in another order.
            for block in [address, json, other, core::ptr::null_mut()] {
                free(block);
            }
            let blocks = [0, 1, 255, 256, 100_000, 3].map(|len| malloc(len));
            for block in blocks.iter().rev() {
                free(*block);
            }
            assert!(malloc(usize::MAX).is_null());
            assert_eq!(abi_version(), 1);
        }
    }
}
