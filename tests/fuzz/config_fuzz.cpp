// Whatever text is given as a config, the parser accepts it or lists complaints; it does nothing else.
#include <string>

#include "io/io.h"
#include "pipeline/graph/config.h"
#include "stages/stages.h"

namespace {

const nadir::Registry& registry() {
  static const nadir::Registry known = [] {
    std::vector<nadir::StageInfo> stages = nadir::io_stages();
    for (nadir::StageInfo& s : nadir::all_stages()) stages.push_back(std::move(s));
    return nadir::Registry(std::move(stages));
  }();
  return known;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  try {
    nadir::parse_graph(std::string(data, data + size), "made up", registry());
  } catch (const nadir::Error& e) {
    if (e.fault() != nadir::Fault::config) throw;
  }
  return 0;
}
