#ifndef TRILITH_IO_ATOMIC_FILE_IMPL_HPP
#define TRILITH_IO_ATOMIC_FILE_IMPL_HPP

#include <trilith/io/files_impl.hpp>

#include <cerrno>
#include <string>
#include <string_view>

namespace trilith::io {

/// A file written piece by piece under a temporary name beside `path`, which commit() gives it.
/// Without a commit nothing remains.
class atomic_file {
 public:
  explicit atomic_file(std::string_view path)
      : path_(path),
        temporary_(path_ + ".XXXXXX"),
        file_(::mkstemp(temporary_.data())),
        opened_(file_.get() >= 0),
        why_not_(opened_ ? 0 : errno) {}
  atomic_file(const atomic_file&) = delete;
  atomic_file& operator=(const atomic_file&) = delete;
  ~atomic_file() {
    if (opened_ && !committed_) (void)::unlink(temporary_.c_str());
  }

  /// Whether the temporary file could be made.
  [[nodiscard]] status open() const {
    errno = why_not_;
    return opened_ ? status(done{}) : failed("no temporary file can be made beside it");
  }
  [[nodiscard]] status write(std::span<const unsigned char> bytes) {
    const bool good = TRILITH_IMPLEMENTED::files::write_all(file_.get(), bytes);
    return good ? status(done{}) : failed("writing failed");
  }
  /// Writes over the first bytes, as a header that counts what follows it; the last write of all.
  [[nodiscard]] status write_at_start(std::span<const unsigned char> bytes) {
    if (::lseek(file_.get(), 0, SEEK_SET) != 0) return failed("writing failed");
    return write(bytes);
  }
  /// The name `path` is the new file from here on, also after a loss of power.
  [[nodiscard]] status commit() {
    if (::fchmod(file_.get(), 0644) != 0 || ::fsync(file_.get()) != 0 || !file_.close())
      return failed("writing to disk failed");
    committed_ = ::rename(temporary_.c_str(), path_.c_str()) == 0;
    if (!committed_) return failed("renaming failed");
    TRILITH_IMPLEMENTED::files::sync_directory_of(path_);
    return done{};
  }

 private:
  [[nodiscard]] error failed(std::string_view what) const {
    return TRILITH_IMPLEMENTED::files::failed(path_, what);
  }

  std::string path_, temporary_;
  TRILITH_IMPLEMENTED::files::descriptor file_;
  bool opened_;
  int why_not_;
  bool committed_ = false;
};

}  // namespace trilith::io

#endif
