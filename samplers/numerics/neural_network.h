// NeuralNetwork: a small regression network whose last hidden layer serves as features. Layer 2;
// deterministic: weights are drawn from a stream, sums run in one order.
//
//   h_0 = x,  h_k = tanh(W_k h_{k-1} + b_k),  f(x) = w h_last + b
//
// trained by Adam (D. Kingma, J. Ba 2015) on 1/2 mean (f(x) - y)^2 + 1/2 decay |W|^2. No library:
// those that train networks would be by far the largest dependency of this project, for a hundred
// lines over Eigen.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include <Eigen/Core>

#include "model/rng.h"

namespace sweepjob {

class NeuralNetwork {
 public:
  struct Training {
    std::size_t epochs = 500;
    std::size_t batch = 10;       // rows of one step, in a new random order each epoch
    double learning_rate = 0.01;  // falls to a hundredth, as a cosine
    double decay = 1e-4;
  };

  // Weights are uniform with the variance 2 / (inputs + outputs) of the layer (X. Glorot,
  // Y. Bengio 2010), biases 0.
  NeuralNetwork(std::size_t inputs, const std::vector<std::size_t>& hidden, RandomStream& stream);

  // One row for each example.
  void train(const Eigen::MatrixXd& x, const Eigen::VectorXd& y, const Training& training,
             RandomStream& stream);
  [[nodiscard]] Eigen::VectorXd outputs(const Eigen::MatrixXd& x) const;
  // The last hidden layer's.
  [[nodiscard]] Eigen::MatrixXd features(const Eigen::MatrixXd& x) const;

  // The objective and its gradient with respect to parameters().
  [[nodiscard]] double objective(const Eigen::MatrixXd& x, const Eigen::VectorXd& y, double decay,
                                 Eigen::VectorXd& gradient) const;
  [[nodiscard]] const Eigen::VectorXd& parameters() const { return parameters_; }
  void set_parameters(Eigen::VectorXd parameters) { parameters_ = std::move(parameters); }

 private:
  struct Layer {
    Eigen::Index inputs = 0;
    Eigen::Index outputs = 0;
    Eigen::Index begin = 0;  // in parameters_: the weights by column, then the biases
  };
  using Weights = Eigen::Map<const Eigen::MatrixXd>;
  using Biases = Eigen::Map<const Eigen::RowVectorXd>;

  [[nodiscard]] Weights weights(const Layer& layer) const;
  [[nodiscard]] Biases biases(const Layer& layer) const;
  // The input and each layer's output, the last one linear.
  [[nodiscard]] std::vector<Eigen::MatrixXd> forward(const Eigen::MatrixXd& x) const;

  std::vector<Layer> layers_;
  Eigen::VectorXd parameters_;
};

}  // namespace sweepjob
