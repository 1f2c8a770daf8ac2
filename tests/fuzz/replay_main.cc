// Feeds the corpus to every target: replay_main DIRECTORY, with a folder for each target in it.
// A finding ends the program, like in the fuzzer; so does a target without a corpus.

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "fuzz_target.h"

namespace flyover::fuzz {
namespace {

namespace fs = std::filesystem;

std::map<std::string, Target>& targets() {
  static std::map<std::string, Target> all;
  return all;
}

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// In a block of exactly the input's size, so that AddressSanitizer sees a read behind it.
void feed(Target target, const std::string& bytes) {
  const auto block = std::make_unique<char[]>(bytes.size());
  bytes.copy(block.get(), bytes.size());
  target(std::string_view(block.get(), bytes.size()));
}

// How many files were fed, 0 when there are none.
std::size_t replay(Target target, const fs::path& directory) {
  static constexpr std::chrono::seconds kSlow{5};
  std::size_t files = 0;
  if (!fs::is_directory(directory)) return 0;
  std::set<fs::path> sorted;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory)) {
    sorted.insert(entry.path());
  }
  for (const fs::path& path : sorted) {
    // Flushed first: when the target ends the program this names the input.
    std::cout << path.string() << std::endl;
    const std::string bytes = read_file(path);
    const auto begin = std::chrono::steady_clock::now();
    feed(target, bytes);
    if (std::chrono::steady_clock::now() - begin > kSlow) {
      std::cerr << "took longer than " << kSlow.count() << " s\n";
      return 0;
    }
    ++files;
  }
  return files;
}

int replay_all(const fs::path& corpus) {
  int bad = 0;
  for (const auto& [name, target] : targets()) {
    const std::size_t files = replay(target, corpus / name);
    std::cout << name << ": " << files << " files" << std::endl;
    if (files == 0) {
      std::cerr << "no corpus for " << name << ", or it failed\n";
      ++bad;
    }
  }
  for (const fs::directory_entry& entry : fs::directory_iterator(corpus)) {
    if (!targets().contains(entry.path().filename().string())) {
      std::cerr << "no target for " << entry.path() << "\n";
      ++bad;
    }
  }
  return bad;
}

}  // namespace

bool add_target(std::string_view name, Target target) {
  return targets().emplace(name, target).second;
}

}  // namespace flyover::fuzz

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: replay_main DIRECTORY\n";
    return 2;
  }
  return flyover::fuzz::replay_all(argv[1]) == 0 ? 0 : 1;
}
