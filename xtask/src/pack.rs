//! Packs a module's data: what repeats is stored once, and a start function of some hundred bytes unpacks it.
//! Knows WebAssembly, nothing about tapsieve.
//!
//! The packed bytes lie where the module's stack will grow, below all data, and are wiped before the first call.
//! Each sequence is a token (how many bytes to take over in its high half, how many to repeat in its low half; 15
//! goes on in the bytes after it), the bytes to take over, and how far back the bytes to repeat begin.

use std::collections::HashMap;

use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, DataSection, Function, FunctionSection, MemArg, Module, RawSection,
    StartSection, TypeSection, ValType,
};
use wasmparser::{DataKind, Operator, Parser, Payload};

/// Shorter repetitions cost more than they save.
const REPEAT_MIN: usize = 4;

/// Longer repetitions are split, except those of zeros.
const REPEAT_MAX: usize = 300;

/// Places with the same beginning that are compared.
const CANDIDATES_MAX: usize = 100;

/// The module with packed data; the same module when that is not smaller.
///
/// # Errors
/// The bytes are not a module, or one of a form that rustc does not make.
pub(crate) fn pack(wasm: &[u8]) -> Result<Vec<u8>, String> {
    let packed = pack_parsed(wasm).map_err(|error| format!("packing the module: {error}"))?;
    Ok(if packed.len() < wasm.len() { packed } else { wasm.to_vec() })
}

fn pack_parsed(wasm: &[u8]) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let (base, image) = image(wasm)?;
    let packed = compress(&image);
    if packed.len() > base {
        return Err("the packed data does not fit below the data".into());
    }
    let mut module = Module::new();
    let mut code = CodeSection::new();
    let (mut types, mut functions) = (0, 0);
    let mut started = false;
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload?;
        // The start section stands before the element and code sections.
        let is_element = payload.as_section().is_some_and(|(id, _)| id == 9);
        if !started && (is_element || matches!(payload, Payload::CodeSectionStart { .. })) {
            module.section(&StartSection { function_index: functions });
            started = true;
        }
        match payload {
            Payload::TypeSection(section) => {
                types = section.count();
                let mut out = TypeSection::new();
                for group in section {
                    for ty in group?.into_types() {
                        let ty = ty.unwrap_func();
                        out.ty().function(values(ty.params())?, values(ty.results())?);
                    }
                }
                out.ty().function([], []);
                module.section(&out);
            }
            Payload::FunctionSection(section) => {
                functions = section.count();
                let mut out = FunctionSection::new();
                for ty in section {
                    out.function(ty?);
                }
                out.function(types);
                module.section(&out);
            }
            Payload::ImportSection(_) | Payload::StartSection { .. } | Payload::DataCountSection { .. } => {
                return Err("it has imports, a start function or passive data".into());
            }
            Payload::CodeSectionStart { .. } => {}
            Payload::CodeSectionEntry(body) => {
                code.raw(&wasm[body.range()]);
            }
            Payload::DataSection(_) => {
                code.function(&unpacker(packed.len(), base)?);
                module.section(&code);
                let mut data = DataSection::new();
                data.active(0, &ConstExpr::i32_const(0), packed.iter().copied());
                module.section(&data);
            }
            other => {
                if let Some((id, range)) = other.as_section() {
                    module.section(&RawSection { id, data: &wasm[range] });
                }
            }
        }
    }
    Ok(module.finish())
}

fn values(types: &[wasmparser::ValType]) -> Result<Vec<ValType>, String> {
    let value = |ty: &wasmparser::ValType| match ty {
        wasmparser::ValType::I32 => Ok(ValType::I32),
        wasmparser::ValType::I64 => Ok(ValType::I64),
        wasmparser::ValType::F32 => Ok(ValType::F32),
        wasmparser::ValType::F64 => Ok(ValType::F64),
        other => Err(format!("a value of type {other}")),
    };
    types.iter().map(value).collect()
}

/// What the data segments put into memory: the first address, and the bytes from there on.
fn image(wasm: &[u8]) -> Result<(usize, Vec<u8>), Box<dyn std::error::Error>> {
    let mut segments = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let Payload::DataSection(section) = payload? else { continue };
        for segment in section {
            let segment = segment?;
            let DataKind::Active { memory_index: 0, offset_expr } = segment.kind else {
                return Err("a data segment is not active".into());
            };
            let Some(Operator::I32Const { value }) =
                offset_expr.get_operators_reader().into_iter().next().transpose()?
            else {
                return Err("a data segment's offset is not constant".into());
            };
            segments.push((usize::try_from(value)?, segment.data));
        }
    }
    let base = segments.iter().map(|(at, _)| *at).min().ok_or("it has no data")?;
    let end = segments.iter().map(|(at, data)| at + data.len()).max().unwrap_or(base);
    let mut image = vec![0; end - base];
    for (at, data) in segments {
        image[at - base..][..data.len()].copy_from_slice(data);
    }
    Ok((base, image))
}

/// The function that unpacks `len` bytes at address 0 to `base` and wipes them.
fn unpacker(len: usize, base: usize) -> Result<Function, std::num::TryFromIntError> {
    const SOURCE: u32 = 0;
    const TARGET: u32 = 1;
    const TOKEN: u32 = 2;
    const COUNT: u32 = 3;
    const MORE: u32 = 4;
    let (len, base) = (i32::try_from(len)?, i32::try_from(base)?);
    let at = MemArg { offset: 0, align: 0, memory_index: 0 };
    let mut function = Function::new([(5, ValType::I32)]);
    let mut code = function.instructions();
    code.i32_const(base).local_set(TARGET);
    code.block(BlockType::Empty).loop_(BlockType::Empty);
    code.local_get(SOURCE).i32_load8_u(at).local_set(TOKEN);
    code.local_get(SOURCE).i32_const(1).i32_add().local_set(SOURCE);
    for literal in [true, false] {
        if literal {
            code.local_get(TOKEN).i32_const(4).i32_shr_u().local_set(COUNT);
        } else {
            code.local_get(TOKEN).i32_const(15).i32_and().local_set(COUNT);
        }
        // A count of 15 goes on until a byte below 255.
        code.local_get(COUNT).i32_const(15).i32_eq().if_(BlockType::Empty).loop_(BlockType::Empty);
        code.local_get(SOURCE).i32_load8_u(at).local_tee(MORE);
        code.local_get(COUNT).i32_add().local_set(COUNT);
        code.local_get(SOURCE).i32_const(1).i32_add().local_set(SOURCE);
        code.local_get(MORE).i32_const(255).i32_eq().br_if(0).end().end();
        if literal {
            code.local_get(TARGET).local_get(SOURCE).local_get(COUNT).memory_copy(0, 0);
            code.local_get(SOURCE).local_get(COUNT).i32_add().local_set(SOURCE);
            code.local_get(TARGET).local_get(COUNT).i32_add().local_set(TARGET);
            // The last sequence repeats nothing.
            code.local_get(SOURCE).i32_const(len).i32_ge_u().br_if(1);
        }
    }
    code.local_get(COUNT).i32_const(i32::try_from(REPEAT_MIN)?).i32_add().local_set(COUNT);
    code.local_get(SOURCE).i32_load16_u(at).local_set(TOKEN);
    code.local_get(SOURCE).i32_const(2).i32_add().local_set(SOURCE);
    // Byte by byte: what is repeated may reach into itself.
    code.loop_(BlockType::Empty);
    code.local_get(TARGET).local_get(TARGET).local_get(TOKEN).i32_sub().i32_load8_u(at).i32_store8(at);
    code.local_get(TARGET).i32_const(1).i32_add().local_set(TARGET);
    code.local_get(COUNT).i32_const(1).i32_sub().local_tee(COUNT).br_if(0).end();
    code.br(0).end().end();
    code.i32_const(0).i32_const(0).i32_const(len).memory_fill(0).end();
    Ok(function)
}

/// Packs bytes in the form that the unpacker reads.
fn compress(data: &[u8]) -> Vec<u8> {
    let repeats = longest_repeats(data);
    // The cheapest way to pack what begins at each place: the length to repeat there, 0 to take the byte over.
    let mut costs = vec![0usize; data.len() + 1];
    let mut choices = vec![0usize; data.len()];
    for at in (0..data.len()).rev() {
        costs[at] = costs[at + 1] + 1;
        let longest = repeats[at].0;
        for len in (REPEAT_MIN..=longest.min(REPEAT_MAX)).chain((longest > REPEAT_MAX).then_some(longest)) {
            let cost = costs[at + len] + 3 + len.saturating_sub(REPEAT_MIN + 15).div_ceil(255);
            if cost < costs[at] {
                (costs[at], choices[at]) = (cost, len);
            }
        }
    }
    let mut out = Vec::new();
    let (mut literals, mut at) = (0, 0);
    while at < data.len() {
        match choices[at] {
            0 => at += 1,
            len => {
                sequence(&mut out, &data[literals..at], Some((len, repeats[at].1)));
                at += len;
                literals = at;
            }
        }
    }
    sequence(&mut out, &data[literals..], None);
    out
}

fn sequence(out: &mut Vec<u8>, literals: &[u8], repeat: Option<(usize, usize)>) {
    let repeated = repeat.map_or(0, |(len, _)| len - REPEAT_MIN);
    let nibble = |count: usize| u8::try_from(count.min(15)).unwrap_or(15);
    out.push(nibble(literals.len()) << 4 | nibble(repeated));
    count(out, literals.len());
    out.extend_from_slice(literals);
    if let Some((_, back)) = repeat {
        count(out, repeated);
        out.extend_from_slice(&u16::try_from(back).unwrap_or(0).to_le_bytes());
    }
}

/// What a half token could not hold.
fn count(out: &mut Vec<u8>, count: usize) {
    if let Some(mut rest) = count.checked_sub(15) {
        while rest >= 255 {
            out.push(255);
            rest -= 255;
        }
        out.push(u8::try_from(rest).unwrap_or(0));
    }
}

/// For each place the longest text before it that it repeats: its length and how far back it begins.
fn longest_repeats(data: &[u8]) -> Vec<(usize, usize)> {
    let mut places: HashMap<&[u8], Vec<usize>> = HashMap::new();
    let mut longest = vec![(0, 0); data.len()];
    let mut zeros = 0;
    for at in (0..data.len()).rev() {
        zeros = if data[at] == 0 { zeros + 1 } else { 0 };
        // Memory begins as zeros: such a byte repeats itself.
        if zeros > REPEAT_MAX {
            longest[at] = (zeros, 0);
        }
    }
    for at in 0..data.len() {
        let Some(start) = data.get(at..at + REPEAT_MIN) else { break };
        if longest[at].0 > 0 {
            continue;
        }
        let known = places.entry(start).or_default();
        for &place in known.iter().rev().take(CANDIDATES_MAX).filter(|&&place| at - place <= 0xffff) {
            let same = data[at..].iter().zip(&data[place..]).take(REPEAT_MAX).take_while(|(a, b)| a == b);
            let len = same.count();
            if len > longest[at].0 {
                longest[at] = (len, at - place);
            }
            if len == REPEAT_MAX {
                break;
            }
        }
        known.push(at);
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the unpacker does, in Rust.
    fn unpack(packed: &[u8]) -> Vec<u8> {
        fn count(half: u8, packed: &mut &[u8]) -> usize {
            let mut total = usize::from(half);
            while half == 15 {
                let more = byte(packed);
                total += usize::from(more);
                if more < 255 {
                    break;
                }
            }
            total
        }
        fn byte(packed: &mut &[u8]) -> u8 {
            *packed.split_off_first().expect("a byte")
        }
        let (mut out, mut packed) = (Vec::new(), packed);
        loop {
            let token = byte(&mut packed);
            let literals = count(token >> 4, &mut packed);
            out.extend_from_slice(packed.split_off(..literals).expect("bytes to take over"));
            if packed.is_empty() {
                return out;
            }
            let repeated = count(token & 15, &mut packed) + REPEAT_MIN;
            let back = usize::from(u16::from_le_bytes([byte(&mut packed), byte(&mut packed)]));
            for _ in 0..repeated {
                out.push(if back == 0 { 0 } else { out[out.len() - back] });
            }
        }
    }

    #[test]
    fn what_is_packed_comes_out_again() {
        let mut texts = vec![Vec::new(), b"a".to_vec(), vec![0; 5000], b"abcabcabcabcabcabc!".to_vec()];
        // Nothing repeats here, so that counts go on over several bytes.
        texts.push((0u32..700).flat_map(|n| (n.wrapping_mul(0x9e37_79b1) ^ n << 7).to_le_bytes()).collect());
        for text in texts {
            assert_eq!(unpack(&compress(&text)), text);
        }
    }
}
