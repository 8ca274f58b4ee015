"""Compression as VBA projects use it: MS-OVBA 2.4.1, Compression and Decompression."""

from __future__ import annotations

import struct
from collections.abc import Iterator

CONTAINER_SIGNATURE = b"\x01"  # 2.4.1.1.1
_CHUNK = 4096  # 2.4.1.1.3, decompressed; of 2.4.1.1.6 the most too

# 2.4.1.1.5 CompressedChunkHeader: 12 bits for the chunk's size with the header less 3, 3 bits for a
# signature and one bit for whether there are tokens
_CHUNK_HEADER = struct.Struct("<H")
_CHUNK_SIGNATURE = 0b011 << 12
_CHUNK_OF_TOKENS = 1 << 15
_LEAST_CHUNK = 3

# 2.4.1.1.7 TokenSequence, 2.4.1.1.8 CopyToken
_TOKENS_IN_SEQUENCE = 8
_COPY_TOKEN = struct.Struct("<H")
_COPY_TOKEN_BITS = 16
_LEAST_OFFSET_BITS = 4
_LEAST_OFFSET = 1
_LEAST_LENGTH = 3


def compress(data: bytes) -> bytes:
    """Compress by the algorithm of MS-OVBA 2.4.1.3.6.

    Parameters
    ----------
    data
        Any bytes.

    Returns
    -------
    bytes
        A CompressedContainer, 2.4.1.1.1. A chunk that does not compress is stored raw. If it is
        the last one, zeros follow it up to 4,096 bytes, which no reader can tell from data
        (2.4.1.3.10).

    Examples
    --------
    >>> compress(b"a" * 73).hex(" ")  # as in the example 3.2.3
    '01 03 b0 02 61 45 00'
    """
    return CONTAINER_SIGNATURE + b"".join(compressed_chunks(data))


def compressed_chunks(data: bytes) -> Iterator[bytes]:
    """The chunks of a container, each compressed for itself."""
    for start in range(0, len(data), _CHUNK):
        yield _compressed_chunk(data[start : start + _CHUNK])


def _compressed_chunk(chunk: bytes) -> bytes:
    """2.4.1.3.7 Compressing a DecompressedChunk; raw if the tokens take more room (2.4.1.3.10)."""
    tokens = _token_sequences(chunk)
    flag, content = _CHUNK_OF_TOKENS, tokens
    if len(tokens) > _CHUNK:
        flag, content = 0, chunk.ljust(_CHUNK, b"\0")
    size = _CHUNK_HEADER.size + len(content)
    return _CHUNK_HEADER.pack(flag | _CHUNK_SIGNATURE | size - _LEAST_CHUNK) + content


def is_raw(compressed_chunk: bytes) -> bool:
    """2.4.1.3.15 Extract CompressedChunkFlag."""
    (header,) = _CHUNK_HEADER.unpack_from(compressed_chunk)
    return not header & _CHUNK_OF_TOKENS


def _token_sequences(chunk: bytes) -> bytes:
    """2.4.1.3.8 Compressing a TokenSequence, for all of a chunk.

    A flag byte goes ahead of each eight tokens; its lowest bit is that of the first of them.
    """
    sequences = bytearray()
    position = 0
    while position < len(chunk):
        flags = 0
        tokens = bytearray()
        for index in range(_TOKENS_IN_SEQUENCE):
            if position == len(chunk):
                break
            offset, length = _match(chunk, position)
            if length:
                flags |= 1 << index
                tokens += _copy_token(position, offset, length)
            else:
                tokens.append(chunk[position])
            position += length or 1
        sequences.append(flags)
        sequences += tokens
    return bytes(sequences)


def _length_bits(position: int) -> int:
    """2.4.1.3.19.1 CopyToken Help: how many of a token's bits are for the length.

    The offset has as many bits as the longest one at this place needs, but at least four.
    """
    offset_bits = max((position - 1).bit_length(), _LEAST_OFFSET_BITS)
    return _COPY_TOKEN_BITS - offset_bits


def _copy_token(position: int, offset: int, length: int) -> bytes:
    """2.4.1.3.19.3 Pack CopyToken."""
    token = (offset - _LEAST_OFFSET) << _length_bits(position) | length - _LEAST_LENGTH
    return _COPY_TOKEN.pack(token)


def _match(chunk: bytes, position: int) -> tuple[int, int]:
    """2.4.1.3.19.4 Matching: the longest copy that could be taken here, and of such the nearest.

    The copy may overlap what is to be written. Each search looks for one byte more than is found,
    and further back: bytes that match longer match shorter too, so none are passed over.

    Returns
    -------
    tuple
        How far back it begins, and its length; zeros if there is none of three bytes or more.
    """
    if not position:
        return 0, 0
    longest = (1 << _length_bits(position)) - 1 + _LEAST_LENGTH
    limit = min(longest, len(chunk) - position)
    start, length = -1, 0
    wanted = _LEAST_LENGTH
    end = position + wanted - 1  # a copy begins before this place
    while wanted <= limit:
        found = chunk.rfind(chunk[position : position + wanted], 0, end)
        if found < 0:
            break
        start, length = found, wanted
        while length < limit and chunk[start + length] == chunk[position + length]:
            length += 1
        wanted = length + 1
        end = start + wanted - 1
    return (position - start, length) if length else (0, 0)
