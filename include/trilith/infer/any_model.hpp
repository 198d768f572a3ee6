#ifndef TRILITH_INFER_ANY_MODEL_HPP
#define TRILITH_INFER_ANY_MODEL_HPP

#include <trilith/core/shape.hpp>
#include <trilith/infer/session.hpp>
#include <trilith/io/checkpoint/walk.hpp>
#include <trilith/io/source.hpp>

/// A model whose blueprint a file chose at run time, behind one virtual call per forward pass.
namespace trilith {

namespace erased {

/// The members of session<Model>.
struct session {
  virtual ~session() = default;
  virtual status append(std::size_t sequence, std::span<const std::int32_t> tokens) = 0;
  virtual status step(std::span<const next_token> tokens) = 0;
  virtual status score(std::size_t sequence, std::span<const std::int32_t> tokens, void* context,
                       void (*visit)(void* context, std::size_t i,
                                     std::span<const float> logits)) = 0;
  virtual std::span<float> logits(std::size_t sequence) noexcept = 0;
  [[nodiscard]] virtual std::size_t length(std::size_t sequence) const noexcept = 0;
  [[nodiscard]] virtual std::size_t sequences() const noexcept = 0;
  [[nodiscard]] virtual std::size_t context() const noexcept = 0;
  virtual void rewind(std::size_t sequence, std::size_t length) noexcept = 0;
};

struct model {
  virtual ~model() = default;
  /// A session made with new.
  [[nodiscard]] virtual result<session*> open(const session_options& options) const = 0;
  [[nodiscard]] virtual std::string describe() const = 0;
  [[nodiscard]] virtual std::size_t bytes() const noexcept = 0;
  [[nodiscard]] virtual io::model_source source() const = 0;
  [[nodiscard]] virtual status save(std::string_view path,
                                    const io::checkpoint_extras& extras) const = 0;
};

/// Owns one of them; moves only.
template <class T>
class owned {
 public:
  explicit owned(T* made) noexcept : made_(made) {}
  owned(owned&& other) noexcept : made_(std::exchange(other.made_, nullptr)) {}
  owned& operator=(owned&& other) noexcept {
    std::swap(made_, other.made_);
    return *this;
  }
  ~owned() { delete made_; }
  T* operator->() const noexcept { return made_; }

 private:
  T* made_;
};

}  // namespace erased

/// A model of any of the published blueprints, as io::load(path) gives it. It runs in
/// session<any_model>, and generate() takes it like any other.
class any_model {
 public:
  using erased_session = erased::session;

  any_model(erased::model* made, const shape& s, const trilith::settings& numbers) noexcept
      : sizes(s), settings(numbers), held_(made) {}

  shape sizes;
  trilith::settings settings;

  /// The tree of its tensors, as trilith::describe() prints it.
  [[nodiscard]] std::string describe() const { return held_->describe(); }
  /// Bytes of all parameters.
  [[nodiscard]] std::size_t bytes() const noexcept { return held_->bytes(); }
  /// Its tensors and facts, which view its memory: see io::source_of.
  [[nodiscard]] io::model_source source() const { return held_->source(); }
  /// Saves it as a native checkpoint: see io::save.
  [[nodiscard]] status save(std::string_view path, const io::checkpoint_extras& extras = {}) const {
    return held_->save(path, extras);
  }
  [[nodiscard]] const erased::model& held() const noexcept { return *held_.operator->(); }

 private:
  erased::owned<erased::model> held_;
};

inline namespace TRILITH_ABI {

/// As the session of a model whose type is known.
template <>
class session<any_model> {
 public:
  [[nodiscard]] static result<session> open(const any_model& model,
                                            const session_options& options = {}) {
    auto made = model.held().open(options);
    if (!made) return std::move(made).error();
    return session(model, *made);
  }

  [[nodiscard]] status append(std::size_t sequence, std::span<const std::int32_t> tokens) {
    return held_->append(sequence, tokens);
  }
  template <class Visit>
  [[nodiscard]] status score(std::size_t sequence, std::span<const std::int32_t> tokens,
                             Visit&& visit) {
    auto* who = &visit;
    return held_->score(sequence, tokens, static_cast<void*>(&who),
                        [](void* context, std::size_t i, std::span<const float> logits) {
                          (**static_cast<decltype(&who)>(context))(i, logits);
                        });
  }
  [[nodiscard]] status step(std::span<const next_token> tokens) { return held_->step(tokens); }
  [[nodiscard]] std::span<float> logits(std::size_t sequence) noexcept {
    return held_->logits(sequence);
  }
  [[nodiscard]] std::size_t length(std::size_t sequence) const noexcept {
    return held_->length(sequence);
  }
  [[nodiscard]] std::size_t sequences() const noexcept { return held_->sequences(); }
  [[nodiscard]] std::size_t context() const noexcept { return held_->context(); }
  [[nodiscard]] const any_model& model() const noexcept { return *model_; }
  void rewind(std::size_t sequence, std::size_t length) noexcept {
    held_->rewind(sequence, length);
  }

 private:
  session(const any_model& model, erased::session* made) : model_(&model), held_(made) {}

  const any_model* model_;
  erased::owned<erased::session> held_;
};

}  // namespace TRILITH_ABI

}  // namespace trilith

#endif
