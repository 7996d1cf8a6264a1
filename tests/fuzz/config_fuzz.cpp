// libFuzzer target: any text either becomes a graph or ends in a ConfigError.
#include <cstddef>
#include <cstdint>
#include <string>

#include "pipeline/graph/config.h"
#include "tests/support/toy_stages.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static nadir::test::Collected collected;
  static const nadir::Registry registry = nadir::test::toy_registry(collected);
  try {
    nadir::parse_graph(std::string(reinterpret_cast<const char*>(data), size), "fuzz.yaml", registry);
  } catch (const nadir::ConfigError&) {
  }
  return 0;
}
