// Smooth displacements through tie points: fitting, weighing, and choosing between them by what they were not shown.
#pragma once

#include <array>
#include <span>
#include <string>
#include <vector>

#include "pipeline/core/tie_point.h"
#include "pipeline/core/value.h"

namespace nadir {

enum class TieModel { automatic, shift, similarity, affine, polynomial2, polynomial3, thin_plate };
const char* name_of(TieModel model);
/// Fewest tie points that determine the model.
std::size_t least_points(TieModel model);

/// What one model makes of a set of tie points.
struct ModelFit {
  TieModel model = TieModel::shift;
  Transform transform;           ///< only pixel and bend are set
  double scale = 0;              ///< robust standard deviation of the residuals along an axis, of middling points, px
  double cutoff = 0;             ///< residual beyond which a point of middling precision has no weight, px
  double held_out_rmse = 0;      ///< of points with weight that the fit was not shown, by their precision, px
  double held_out_score = 0;     ///< mean over all points of min(r², cutoff²), r standardised; what models compete by
  double uncertainty = 0;        ///< standard error of the displacement along an axis, mean over the area, px
  std::vector<double> weights;   ///< by point, 0 … 1
  std::vector<Point> residuals;  ///< by point
  std::vector<double> held_out;  ///< truncated squared residuals by point
};

struct FitTask {
  Size area;              ///< where the transform will be used
  double cluster_px = 1;  ///< points within squares of this side are held out together, for their errors may be alike
};

/// Fits by iteratively reweighted least squares with Tukey's biweight (Holland and Welsch 1977), starting from the
/// weights of the points, and judges by eightfold cross-validation over clusters. A thin plate is a smoothing spline
/// over at most 256 of the points (Wahba 1990, chapters 2 and 7), its smoothness chosen by the same cross-validation.
/// `truncation`: the cutoff of the score, px; 0: that of the fit.
ModelFit fit_model(TieModel model, const TiePoints& points, const FitTask& task, double truncation);

/// What choose_model() chooses from unless told otherwise, the simplest first.
constexpr std::array kModels{TieModel::shift, TieModel::affine, TieModel::polynomial2, TieModel::polynomial3,
                             TieModel::thin_plate};

/// The simplest model whose held-out score is within one standard error of the best one (Breiman et al. 1984, section
/// 3.4.3). Points with weight 0 count only for residuals. `why` receives the scores in words. `candidates`: the
/// simplest first; those that need more than half of the points are passed over, but for the first.
ModelFit choose_model(const TiePoints& points, const FitTask& task, std::string* why,
                      std::span<const TieModel> candidates = kModels);

/// Standard deviation along an axis of plane normal vectors with these lengths, from their 30 % point (0.8446 sigma).
double robust_sigma(std::vector<double> lengths);
/// Noise of the tie points along an axis, px, whatever the model: the robust deviation from the mean of neighbours.
double neighbour_noise(const TiePoints& points);
/// Gives weight 0 to points that most of their neighbours contradict, 1 to the others.
void weigh_by_neighbours(TiePoints& points);
/// Share of points without weight that most of their neighbours agree with: a displacement that is real and that the
/// model does not follow (relief, clouds, another date), unlike points that were matched by chance.
double coherent_outliers(const TiePoints& points);

}  // namespace nadir
