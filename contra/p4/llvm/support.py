"""LLVM IR that every program brings along: table lookups, hashes, checksums.

A table's image is an array of 64-bit words, offsets count words from its start (`contra.p4.image` makes it):
  [0] default row, [1] number of groups or entries, [2] offset of the first.
  group (hash): masks of the n key words, number of slots - 1, offset of the slots; slot: row or 0, n key words.
  entry (scan): row, then mask, low, high for each of n key words.
A row is the position of the action and the words of its data.
"""

from __future__ import annotations

from contra.p4.hashes import crc16_table, crc32_table

HASH_MULTIPLIER = 0x9E3779B97F4A7C15
"""2^64 over the golden ratio (Knuth, The Art of Computer Programming 3, 6.4)."""

_LOOKUP_HASH = """
define internal ptr @lookup_hash(ptr %image, ptr %keys, i64 %n) alwaysinline {
entry:
  %count_at = getelementptr i64, ptr %image, i64 1
  %count = load i64, ptr %count_at
  %first_at = getelementptr i64, ptr %image, i64 2
  %first = load i64, ptr %first_at
  %group_words = add i64 %n, 2
  %slot_words = add i64 %n, 1
  br label %group
group:
  %g = phi i64 [ 0, %entry ], [ %g_next, %next_group ]
  %at = phi i64 [ %first, %entry ], [ %at_next, %next_group ]
  %more = icmp ult i64 %g, %count
  br i1 %more, label %mix, label %miss
mix:
  %masks = getelementptr i64, ptr %image, i64 %at
  br label %mix_word
mix_word:
  %i = phi i64 [ 0, %mix ], [ %i_next, %mix_more ]
  %h = phi i64 [ 0, %mix ], [ %h_next, %mix_more ]
  %mixed = icmp ult i64 %i, %n
  br i1 %mixed, label %mix_more, label %probe_start
mix_more:
  %mask_at = getelementptr i64, ptr %masks, i64 %i
  %mask = load i64, ptr %mask_at
  %key_at = getelementptr i64, ptr %keys, i64 %i
  %key = load i64, ptr %key_at
  %masked = and i64 %key, %mask
  %h_xor = xor i64 %h, %masked
  %h_mul = mul i64 %h_xor, MULTIPLIER
  %h_high = lshr i64 %h_mul, 32
  %h_next = xor i64 %h_mul, %h_high
  %i_next = add i64 %i, 1
  br label %mix_word
probe_start:
  %slot_mask_at = getelementptr i64, ptr %masks, i64 %n
  %slot_mask = load i64, ptr %slot_mask_at
  %slots_at = getelementptr i64, ptr %slot_mask_at, i64 1
  %slots = load i64, ptr %slots_at
  %start = and i64 %h, %slot_mask
  br label %probe
probe:
  %position = phi i64 [ %start, %probe_start ], [ %position_next, %probe_on ]
  %slot_offset = mul i64 %position, %slot_words
  %slot_place = add i64 %slot_offset, %slots
  %slot = getelementptr i64, ptr %image, i64 %slot_place
  %row = load i64, ptr %slot
  %empty = icmp eq i64 %row, 0
  br i1 %empty, label %next_group, label %compare
compare:
  %j = phi i64 [ 0, %probe ], [ %j_next, %compare_on ]
  %compared = icmp ult i64 %j, %n
  br i1 %compared, label %compare_word, label %found
compare_word:
  %j_next = add i64 %j, 1
  %slot_key_at = getelementptr i64, ptr %slot, i64 %j_next
  %slot_key = load i64, ptr %slot_key_at
  %our_mask_at = getelementptr i64, ptr %masks, i64 %j
  %our_mask = load i64, ptr %our_mask_at
  %our_key_at = getelementptr i64, ptr %keys, i64 %j
  %our_key = load i64, ptr %our_key_at
  %ours = and i64 %our_key, %our_mask
  %same = icmp eq i64 %slot_key, %ours
  br i1 %same, label %compare_on, label %probe_on
compare_on:
  br label %compare
probe_on:
  %position_one = add i64 %position, 1
  %position_next = and i64 %position_one, %slot_mask
  br label %probe
found:
  %found_row = getelementptr i64, ptr %image, i64 %row
  ret ptr %found_row
next_group:
  %g_next = add i64 %g, 1
  %at_next = add i64 %at, %group_words
  br label %group
miss:
  %default = load i64, ptr %image
  %default_row = getelementptr i64, ptr %image, i64 %default
  ret ptr %default_row
}
"""

_LOOKUP_SCAN = """
define internal ptr @lookup_scan(ptr %image, ptr %keys, i64 %n) alwaysinline {
entry:
  %count_at = getelementptr i64, ptr %image, i64 1
  %count = load i64, ptr %count_at
  %first_at = getelementptr i64, ptr %image, i64 2
  %first = load i64, ptr %first_at
  %tests = mul i64 %n, 3
  %entry_words = add i64 %tests, 1
  br label %scan
scan:
  %e = phi i64 [ 0, %entry ], [ %e_next, %next ]
  %at = phi i64 [ %first, %entry ], [ %at_next, %next ]
  %more = icmp ult i64 %e, %count
  br i1 %more, label %try, label %miss
try:
  %this = getelementptr i64, ptr %image, i64 %at
  br label %word
word:
  %i = phi i64 [ 0, %try ], [ %i_next, %word_on ]
  %tested = icmp ult i64 %i, %n
  br i1 %tested, label %test, label %found
test:
  %key_at = getelementptr i64, ptr %keys, i64 %i
  %key = load i64, ptr %key_at
  %offset = mul i64 %i, 3
  %mask_place = add i64 %offset, 1
  %mask_at = getelementptr i64, ptr %this, i64 %mask_place
  %mask = load i64, ptr %mask_at
  %low_at = getelementptr i64, ptr %mask_at, i64 1
  %low = load i64, ptr %low_at
  %high_at = getelementptr i64, ptr %mask_at, i64 2
  %high = load i64, ptr %high_at
  %seen = and i64 %key, %mask
  %above = icmp uge i64 %seen, %low
  %below = icmp ule i64 %seen, %high
  %within = and i1 %above, %below
  br i1 %within, label %word_on, label %next
word_on:
  %i_next = add i64 %i, 1
  br label %word
next:
  %e_next = add i64 %e, 1
  %at_next = add i64 %at, %entry_words
  br label %scan
found:
  %row = load i64, ptr %this
  %found_row = getelementptr i64, ptr %image, i64 %row
  ret ptr %found_row
miss:
  %default = load i64, ptr %image
  %default_row = getelementptr i64, ptr %image, i64 %default
  ret ptr %default_row
}
"""

_CRC = """
@NAME_table = private unnamed_addr constant [256 x iBITS] [ VALUES ]
define internal iBITS @NAME_step(ptr %data, i64 %size, iBITS %seed, i64 %parity) {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i_next, %more ]
  %rest = phi iBITS [ %seed, %entry ], [ %rest_next, %more ]
  %inside = icmp ult i64 %i, %size
  br i1 %inside, label %more, label %done
more:
  %at = getelementptr i8, ptr %data, i64 %i
  %byte = load i8, ptr %at
  %wide = zext i8 %byte to iBITS
  %mixed = xor iBITS %rest, %wide
  %low = and iBITS %mixed, 255
  %index = zext iBITS %low to i64
  %cell = getelementptr iBITS, ptr @NAME_table, i64 %index
  %from_table = load iBITS, ptr %cell
  %shifted = lshr iBITS %rest, 8
  %rest_next = xor iBITS %shifted, %from_table
  %i_next = add i64 %i, 1
  br label %loop
done:
  ret iBITS %rest
}
"""

_WORDS_OF_16 = """
define internal i64 @NAME_step(ptr %data, i64 %size, i64 %seed, i64 %parity) {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i_next, %more ]
  %sum = phi i64 [ %seed, %entry ], [ %sum_next, %more ]
  %inside = icmp ult i64 %i, %size
  br i1 %inside, label %more, label %done
more:
  %at = getelementptr i8, ptr %data, i64 %i
  %byte = load i8, ptr %at
  %wide = zext i8 %byte to i64
  %high = shl i64 %wide, 8
  %position = xor i64 %i, %parity
  %odd = trunc i64 %position to i1
  %term = select i1 %odd, i64 %wide, i64 %high
  %sum_next = OPERATION i64 %sum, %term
  %i_next = add i64 %i, 1
  br label %loop
done:
  ret i64 %sum
}
"""


def support_text() -> str:
    """The LLVM IR of all of it; what a program does not use, the optimiser removes."""
    parts = [_LOOKUP_HASH.replace("MULTIPLIER", str(HASH_MULTIPLIER - (1 << 64))), _LOOKUP_SCAN]
    for name, bits, table in (("crc16", 16, crc16_table()), ("crc32", 32, crc32_table())):
        values = ", ".join(f"i{bits} {value}" for value in table)
        parts.append(_CRC.replace("NAME", name).replace("BITS", str(bits)).replace("VALUES", values))
    for name, operation in (("csum16", "add"), ("xor16", "xor")):
        parts.append(_WORDS_OF_16.replace("NAME", name).replace("OPERATION", operation))
    return "\n".join(parts)
