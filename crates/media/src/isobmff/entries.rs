//! Cleans sample descriptions (`stsd`). Data for the decoder stay; names of encoders and vendors are removed.

use crate::isobmff::boxes::{Kind, u16_at, within};
use crate::isobmff::erase::{free, note, wipe};
use crate::removed::{MetadataKind, Removed};

/// Length of the fields of a visual sample entry, before its boxes.
const VISUAL: usize = 78;
/// Length of the fields of an audio sample entry, before its boxes. QuickTime's versions 1 and 2 have more.
const AUDIO: usize = 28;

/// Cleans the contents of the `stsd` of a video or audio track.
pub(super) fn clean(body: &mut [u8], sound: bool, removed: &mut Removed) -> Option<()> {
    let version = *body.first()?;
    let list = body.get_mut(8..)?;
    let (boxes, end) = within(list)?;
    for inner in boxes {
        let entry = &mut list[inner.body];
        let fields = if sound {
            // Revision and vendor.
            removed.insert_if(MetadataKind::Software, wipe(entry.get_mut(10..16)?));
            match u16_at(entry, 8)? {
                1 if version == 0 => AUDIO + 16,
                2 if version == 0 => AUDIO + 36,
                _ => AUDIO,
            }
        } else {
            // Vendor, and the name of the compressor.
            removed.insert_if(MetadataKind::Software, wipe(entry.get_mut(12..16)?));
            removed.insert_if(MetadataKind::Software, wipe(entry.get_mut(42..74)?));
            VISUAL
        };
        children(entry.get_mut(fields..)?, false, removed)?;
    }
    list[end..].fill(0);
    Some(())
}

fn children(body: &mut [u8], wave: bool, removed: &mut Removed) -> Option<()> {
    let (boxes, end) = within(body)?;
    for inner in boxes {
        if !wave && inner.kind == *b"wave" {
            children(&mut body[inner.body], true, removed)?;
        } else if !stays(inner.kind, &body[inner.body.clone()]) {
            note(&body[inner.all.clone()], removed);
            free(&mut body[inner.all]);
        } else if inner.kind == *b"hvcC" {
            hevc(&mut body[inner.body], removed)?;
        }
    }
    body[end..].fill(0);
    Some(())
}

/// Cleans HEVC's configuration (ISO/IEC 14496-15, 8.3.3.1). Parameter sets stay. SEI messages, in which encoders write
/// their settings, are removed. The box keeps its size: zeros follow the last array.
fn hevc(body: &mut [u8], removed: &mut Removed) -> Option<()> {
    const ARRAYS: usize = 23;
    const SETS: std::ops::RangeInclusive<u8> = 32..=34;
    let many = *body.get(ARRAYS - 1)?;
    let mut kept = Vec::new();
    let (mut count, mut at) = (0, ARRAYS);
    for _ in 0..many {
        let start = at;
        let units = u16_at(body, at + 1)?;
        at += 3;
        for _ in 0..units {
            at += 2 + usize::from(u16_at(body, at)?);
        }
        let array = body.get(start..at)?;
        if SETS.contains(&(array[0] & 0x3f)) {
            kept.extend_from_slice(array);
            count += 1;
        } else {
            removed.insert(MetadataKind::Software);
        }
    }
    body[ARRAYS - 1] = count;
    body[ARRAYS..].fill(0);
    body[ARRAYS..ARRAYS + kept.len()].copy_from_slice(&kept);
    Some(())
}

/// Returns true for boxes with the configuration of codecs, colours, pixel shape or bit rates.
fn stays(kind: Kind, body: &[u8]) -> bool {
    match &kind {
        b"avcC"
        | b"hvcC"
        | b"lhvC"
        | b"vvcC"
        | b"av1C"
        | b"vpcC"
        | b"d263"
        | b"glbl"
        | b"dvcC"
        | b"dvvC"
        | b"dvwC"
        | b"esds"
        | b"dOps"
        | b"dac3"
        | b"dec3"
        | b"dac4"
        | b"dfLa"
        | b"alac"
        | b"pcmC"
        | b"damr"
        | b"frma"
        | b"enda"
        | b"mp4a"
        | b"chan"
        | b"chnl"
        | b"srat"
        | b"pasp"
        | b"clap"
        | b"fiel"
        | b"gama"
        | b"btrt"
        | b"mdcv"
        | b"clli"
        | b"SmDm"
        | b"CoLL"
        | [0, 0, 0, 0] => true,
        // Colours as numbers, not as a profile.
        b"colr" => body.starts_with(b"nclx") || body.starts_with(b"nclc"),
        _ => false,
    }
}
