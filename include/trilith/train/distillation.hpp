#ifndef TRILITH_TRAIN_DISTILLATION_HPP
#define TRILITH_TRAIN_DISTILLATION_HPP

#include <trilith/train/training_pass.hpp>

namespace trilith::inline TRILITH_ABI {

/// A learner that stays close to a reference: for each target
///
///     L = -log p(target) + beta KL(p_reference || p)
///
/// over the whole vocabulary. The reference is a training_pass of its own, over a model of any
/// blueprint with the same vocabulary, that is never updated.
///
///     training_pass student(ternary, room);
///     training_pass teacher(full, room);
///     distillation learner(student, teacher, 1.0f);
///     auto done = tl::train(learner, data, tl::adamw{}, options);
///
/// Cost: the student's, and a forward pass of the teacher.
/// @see Hinton, Vinyals, Dean: "Distilling the Knowledge in a Neural Network", arXiv 1503.02531.
template <class Student, class Teacher>
class distillation {
 public:
  distillation(Student& student, Teacher& teacher, float beta) noexcept
      : student_(&student), teacher_(&teacher), beta_(beta) {}

  code_statistics requantize(double lambda = 1) { return student_->requantize(lambda); }
  void zero_gradients() noexcept { student_->zero_gradients(); }
  loss_sums add_gradients(const token_batch& batch, float weight) noexcept {
    const scores_of reference{teacher_, teacher_->forward(batch), beta_};
    return student_->add_gradients(batch, weight, reference);
  }
  loss_sums measure(const token_batch& batch) noexcept { return student_->measure(batch); }
  void finish_gradients() { student_->finish_gradients(); }
  void after_update(std::uint64_t seed, std::uint64_t step) noexcept {
    student_->after_update(seed, step);
  }
  template <class F>
  void for_each_tensor(F&& f) {
    student_->for_each_tensor(f);
  }
  template <class F>
  void for_each_memory(F&& f) {
    student_->for_each_memory(f);
  }

 private:
  struct scores_of {
    Teacher* teacher;
    span2d<float> hidden;
    float beta;
    /// The scores of rows [first, first + out.rows) of the batch.
    void logits(std::size_t first, span2d<float> out) const noexcept {
      const auto scores = teacher->logits(hidden.rows_from(first, out.rows));
      for (std::size_t t = 0; t < out.rows; ++t)
        __builtin_memcpy(&out(t, 0), &scores(t, 0), out.cols * sizeof(float));
    }
  };

  Student* student_;
  Teacher* teacher_;
  float beta_;
};

}  // namespace trilith::inline TRILITH_ABI

#endif
