#include "base/crc32c.h"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace elanus {
namespace {

constexpr uint32_t kPolynomial = 0x82f63b78;  // reflected

using Table = std::array<std::array<uint32_t, 256>, 8>;

// tables[n][b]: the checksum register after byte b and n zero bytes.
constexpr Table MakeSlices() {
  Table tables{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? kPolynomial : 0);
    tables[0][byte] = crc;
  }
  for (size_t n = 1; n < 8; ++n) {
    for (size_t byte = 0; byte < 256; ++byte) {
      const uint32_t crc = tables[n - 1][byte];
      tables[n][byte] = (crc >> 8) ^ tables[0][crc & 0xff];
    }
  }
  return tables;
}
constexpr Table kSlices = MakeSlices();

uint32_t ByTable(const uint8_t* data, size_t size, uint32_t crc) {
  for (; size >= 8; data += 8, size -= 8) {
    uint64_t word;
    std::memcpy(&word, data, 8);
    word ^= crc;
    crc = 0;
    for (size_t n = 0; n < 8; ++n) crc ^= kSlices[7 - n][(word >> (8 * n)) & 0xff];
  }
  for (; size > 0; ++data, --size) crc = (crc >> 8) ^ kSlices[0][(crc ^ *data) & 0xff];
  return crc;
}

#if defined(__x86_64__)

// The crc32 instruction takes three cycles but one can start every cycle, so three neighbouring
// blocks are summed side by side. Their sums are joined by moving the earlier one over the length
// of the later one, i.e. by a linear map, kept as four tables of 256 entries.
constexpr size_t kLongBlock = 4096;
constexpr size_t kShortBlock = 256;

using Matrix = std::array<uint32_t, 32>;  // column i: the image of bit i
using Shift = std::array<std::array<uint32_t, 256>, 4>;

constexpr uint32_t Times(const Matrix& matrix, uint32_t vector) {
  uint32_t sum = 0;
  for (size_t i = 0; vector != 0; ++i, vector >>= 1) {
    if ((vector & 1) != 0) sum ^= matrix[i];
  }
  return sum;
}

// What `zeros` zero bytes (a power of two) do to the register.
constexpr Shift MakeShift(size_t zeros) {
  Matrix matrix{};  // one zero bit
  matrix[0] = kPolynomial;
  for (size_t i = 1; i < 32; ++i) matrix[i] = 1U << (i - 1);
  for (size_t bits = 1; bits < zeros * 8; bits *= 2) {
    Matrix squared{};
    for (size_t i = 0; i < 32; ++i) squared[i] = Times(matrix, matrix[i]);
    matrix = squared;
  }
  Shift shift{};
  for (size_t n = 0; n < 4; ++n) {
    for (uint32_t byte = 0; byte < 256; ++byte) shift[n][byte] = Times(matrix, byte << (8 * n));
  }
  return shift;
}
constexpr Shift kLongShift = MakeShift(kLongBlock);
constexpr Shift kShortShift = MakeShift(kShortBlock);

inline uint32_t Move(const Shift& shift, uint32_t crc) {
  return shift[0][crc & 0xff] ^ shift[1][(crc >> 8) & 0xff] ^ shift[2][(crc >> 16) & 0xff] ^
         shift[3][crc >> 24];
}

inline uint64_t Load(const uint8_t* data) {
  uint64_t word;
  std::memcpy(&word, data, 8);
  return word;
}

template <size_t kBlock>
__attribute__((target("sse4.2"))) uint32_t ThreeBlocks(const Shift& shift, const uint8_t* data,
                                                       uint32_t crc) {
  uint64_t a = crc;
  uint64_t b = 0;
  uint64_t c = 0;
  for (const uint8_t* end = data + kBlock; data < end; data += 8) {
    a = _mm_crc32_u64(a, Load(data));
    b = _mm_crc32_u64(b, Load(data + kBlock));
    c = _mm_crc32_u64(c, Load(data + 2 * kBlock));
  }
  const uint32_t ab = Move(shift, static_cast<uint32_t>(a)) ^ static_cast<uint32_t>(b);
  return Move(shift, ab) ^ static_cast<uint32_t>(c);
}

__attribute__((target("sse4.2"))) uint32_t ByInstruction(const uint8_t* data, size_t size,
                                                         uint32_t crc) {
  for (; size >= 3 * kLongBlock; data += 3 * kLongBlock, size -= 3 * kLongBlock) {
    crc = ThreeBlocks<kLongBlock>(kLongShift, data, crc);
  }
  for (; size >= 3 * kShortBlock; data += 3 * kShortBlock, size -= 3 * kShortBlock) {
    crc = ThreeBlocks<kShortBlock>(kShortShift, data, crc);
  }
  uint64_t sum = crc;
  for (; size >= 8; data += 8, size -= 8) sum = _mm_crc32_u64(sum, Load(data));
  crc = static_cast<uint32_t>(sum);
  for (; size > 0; ++data, --size) crc = _mm_crc32_u8(crc, *data);
  return crc;
}

#endif

using Kernel = uint32_t (*)(const uint8_t*, size_t, uint32_t);

Kernel Choose() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("sse4.2")) return ByInstruction;
#endif
  return ByTable;
}

}  // namespace

uint32_t Crc32c(const void* data, size_t size, uint32_t crc) {
  static const Kernel kKernel = Choose();
  return ~kKernel(static_cast<const uint8_t*>(data), size, ~crc);
}

namespace internal {
uint32_t Crc32cByTable(const void* data, size_t size, uint32_t crc) {
  return ~ByTable(static_cast<const uint8_t*>(data), size, ~crc);
}
}  // namespace internal

}  // namespace elanus
