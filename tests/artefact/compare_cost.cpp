// SPDX-License-Identifier: Apache-2.0
// compare_cost FILE.cubin PERCENT
//
// For each kernel NAME_by_hand of a cubin, finds the kernel whose name contains NAME and compares
// the two: instructions, of which PERCENT more are let pass, and registers. Reads the ELF file
// itself, as a disassembler is not always there: an instruction of sm_70 and later is 16 bytes with
// its opcode in the lowest 12 bits; the section .nv.info lists attributes, among them the number of
// registers by the kernel's symbol.
#include <elf.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

namespace {

constexpr int instruction_bytes = 16;
constexpr unsigned opcode_of_nop = 0x918;  // pads code to a multiple of 128 bytes
constexpr int sized_attribute = 4, register_count = 0x2f;

struct kernel {
  int instructions = 0;
  unsigned registers = 0;  ///< 0: not found
};

template <class T>
T read(const std::vector<char>& image, std::size_t at) {
  T value{};
  if (at + sizeof(T) <= image.size()) std::memcpy(&value, image.data() + at, sizeof(T));
  return value;
}

std::map<std::string, kernel> kernels_of(const std::vector<char>& image) {
  std::map<std::string, kernel> found;
  const auto header = read<Elf64_Ehdr>(image, 0);
  const auto section = [&](std::size_t i) {
    return read<Elf64_Shdr>(image, header.e_shoff + i * sizeof(Elf64_Shdr));
  };
  const std::size_t names = section(header.e_shstrndx).sh_offset;
  std::map<std::uint32_t, std::string> symbols;
  std::map<std::uint32_t, std::uint32_t> registers;  // by symbol
  for (std::size_t i = 0; i < header.e_shnum; ++i) {
    const Elf64_Shdr s = section(i);
    if (names + s.sh_name >= image.size()) continue;
    const std::string name = image.data() + names + s.sh_name;
    if (s.sh_type == SHT_SYMTAB) {
      const std::size_t text = section(s.sh_link).sh_offset;
      for (std::uint32_t n = 0; n < s.sh_size / sizeof(Elf64_Sym); ++n) {
        const auto symbol = read<Elf64_Sym>(image, s.sh_offset + n * sizeof(Elf64_Sym));
        if (text + symbol.st_name < image.size()) symbols[n] = image.data() + text + symbol.st_name;
      }
    }
    if (name == ".nv.info") {
      for (std::size_t at = s.sh_offset; at + 4 <= s.sh_offset + s.sh_size;) {
        const auto format = read<std::uint8_t>(image, at), kind = read<std::uint8_t>(image, at + 1);
        const auto size = read<std::uint16_t>(image, at + 2);
        if (format == sized_attribute && kind == register_count) {
          registers[read<std::uint32_t>(image, at + 4)] = read<std::uint32_t>(image, at + 8);
        }
        at += 4 + (format == sized_attribute ? size : 0u);
      }
    }
    if (name.rfind(".text.", 0) != 0) continue;
    kernel& k = found[name.substr(6)];
    for (std::size_t at = 0; at < s.sh_size; at += instruction_bytes) {
      if ((read<std::uint64_t>(image, s.sh_offset + at) & 0xfff) != opcode_of_nop) {
        ++k.instructions;
      }
    }
  }
  for (const auto& [symbol, count] : registers) {
    const auto k = found.find(symbols[symbol]);
    if (k != found.end()) k->second.registers = count;
  }
  return found;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: compare_cost FILE.cubin PERCENT\n");
    return 2;
  }
  const int percent = std::atoi(argv[2]);
  std::ifstream file(argv[1], std::ios::binary);
  const std::vector<char> image{std::istreambuf_iterator<char>(file), {}};
  const auto kernels = kernels_of(image);
  const std::string suffix = "_by_hand";
  int compared = 0;
  bool equal = true;
  for (const auto& [name, hand] : kernels) {
    const std::size_t end = name.find(suffix);
    if (end == std::string::npos) continue;
    const std::string body = name.substr(0, end);
    for (const auto& [other, context] : kernels) {
      if (other == name || other.find(body) == std::string::npos) continue;
      ++compared;
      std::printf("%-16s over the context: %4d instructions, %3u registers; by hand: %4d, %3u\n",
                  body.c_str(), context.instructions, context.registers, hand.instructions,
                  hand.registers);
      const int difference = context.instructions - hand.instructions;
      const bool longer = difference * 100 > percent * hand.instructions;
      if (longer || context.registers > hand.registers + 2 || hand.registers == 0) {
        std::printf("  the context costs something\n");
        equal = false;
      }
    }
  }
  if (compared != 3) std::printf("want three pairs of kernels in %s\n", argv[1]);
  return equal && compared == 3 ? 0 : 1;
}
