# Filled in by tools/storefronts.py, of the files of a release.
class BrebProxy < Formula
  desc "@about@"
  homepage "@homepage@"
  url "@page@/@wheel@", using: :nounzip
  sha256 "@wheel_sum@"
  license "MIT"

  depends_on "python@3.13"

  # Every dependency by version and hash, as in the images.
  resource "lock" do
    url "@page@/@lock@", using: :nounzip
    sha256 "@lock_sum@"
  end

  def install
    python = Formula["python@3.13"].opt_bin/"python3.13"
    system python, "-m", "venv", libexec
    resource("lock").stage do
      system libexec/"bin/pip", "install", "--require-hashes", "--only-binary", ":all:", "-r", "@lock@"
    end
    system libexec/"bin/pip", "install", "--no-deps", buildpath/"@wheel@"
    bin.install_symlink libexec/"bin/breb-proxy"
    generate_completions_from_executable(bin/"breb-proxy", "completion", shells: [:bash, :zsh, :fish])
  end

  service do
    run [opt_bin/"breb-proxy", "serve", "--env-file", etc/"breb-proxy/settings.env"]
    keep_alive successful_exit: false
    log_path var/"log/breb-proxy.log"
    error_log_path var/"log/breb-proxy.log"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/breb-proxy --version")
  end
end
