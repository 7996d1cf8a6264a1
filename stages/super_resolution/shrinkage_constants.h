// What the shrinkage is made of on every machine and device.
#pragma once

namespace nadir {

/// Keeps the weight of a group finite.
constexpr float kGroupWeightFloor = 0.15f;
/// float32 resolves C^2 to about 2e-7 of (trace C)^2; a smaller t^2 would drown in its rounding. Groups of real images
/// hardly ever come near.
constexpr float kLeastThreshold = 4e-7f;

/// Samples of a patch are worked on in blocks of so many; they divide patch^2.
constexpr int batch_block(int patch) { return patch == 5 ? 5 : 4; }

}  // namespace nadir
