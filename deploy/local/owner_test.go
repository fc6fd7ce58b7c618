package local_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"orientir/deploy/local"
)

// TestRootLeavesADirectoryToItsOwner: who restores the database of a service is root, and the service, which isn't, opens all of it afterwards.
func TestRootLeavesADirectoryToItsOwner(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root makes files for others")
	}
	const nobody = 65534
	dir := filepath.Join(dataDir(t), "data")
	if err := os.Mkdir(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(dir, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	servers, err := local.Attach(t.Context(), both(dir))
	if err != nil {
		t.Fatal(err)
	}
	write(t, servers, "restored")
	if err := servers.Close(); err != nil {
		t.Fatal(err)
	}
	seen := 0
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if seen++; info.Sys().(*syscall.Stat_t).Uid != nobody {
			t.Errorf("%s is root's", path)
		}
		return nil
	})
	if err != nil || seen < 100 {
		t.Errorf("%d files, %v", seen, err)
	}
}

// TestALinkIsNotHandedOver: the owner of the directory could lead root to another's file, and would get it.
func TestALinkIsNotHandedOver(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root makes files for others")
	}
	dir := filepath.Join(dataDir(t), "data")
	if err := os.Mkdir(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(dir, 65534, 65534); err != nil {
		t.Fatal(err)
	}
	roots := filepath.Join(t.TempDir(), "roots")
	if err := os.WriteFile(roots, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(roots, filepath.Join(dir, "attached")); err != nil {
		t.Fatal(err)
	}
	servers, err := local.Attach(t.Context(), local.Options{DataDir: dir, NeedRedis: true, Scratch: true})
	if err != nil {
		t.Fatal(err)
	}
	defer servers.Close()
	info, err := os.Stat(roots)
	if err != nil || info.Sys().(*syscall.Stat_t).Uid != 0 {
		t.Errorf("root's file is given away: %v, %v", info, err)
	}
}
