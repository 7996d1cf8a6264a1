// Staging of tiles between host and device memory.
#include "pipeline/backend/run_stage.h"

#include <memory>
#include <vector>

#include "pipeline/backend/staged_tile.h"

namespace nadir {

void run_stage(const TileStage& stage, Inputs in, Outputs out, Exec& exec) {
  if (!exec.on_device() || stage.device_use() == DeviceUse::own) return stage.run(in, out, exec);
  if (stage.device_use() == DeviceUse::none) {
    Exec host;
    return stage.run(in, out, host);
  }
  std::vector<std::unique_ptr<StagedTile>> tiles;
  const auto device_copy = [&](const auto& host) {
    if (host.window.empty()) return TileView{};
    tiles.push_back(std::make_unique<StagedTile>(exec, host.window, host.bands));
    return tiles.back()->view();
  };
  std::vector<ConstTileView> device_in;
  for (const ConstTileView& host : in) {
    device_in.push_back(device_copy(host));
    if (!host.window.empty()) tiles.back()->upload(host);
  }
  std::vector<TileView> device_out;
  const std::size_t first_output = tiles.size();
  for (const TileView& host : out) device_out.push_back(device_copy(host));
  stage.run(device_in, device_out, exec);
  std::size_t next = first_output;
  for (const TileView& host : out)
    if (!host.window.empty()) tiles[next++]->download(host);
  exec.finish();
}

std::string run_stage_if_memory_does(const TileStage& stage, Inputs in, Outputs out, ExecPool& execs) {
  try {
    const ExecPool::Loan loan(execs);
    run_stage(stage, in, out, loan.exec());
    return "";
  } catch (const OutOfDeviceMemory& e) {
    return e.what();
  }
}

}  // namespace nadir
