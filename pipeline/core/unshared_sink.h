// Sinks whose work outlasts no process.
#pragma once

#include "pipeline/core/stage.h"

namespace nadir {

/// Keeps its tiles in memory alone, so several processes cannot share the work on it: units leave it out, and the one
/// that puts their work together computes it.
class UnsharedSink : public Sink {};

}  // namespace nadir
