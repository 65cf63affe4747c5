//go:build linux

package guest

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// qemu is the command that is the machine.
func (m *Machine) qemu(ctx context.Context, home, dir, modules string) (*exec.Cmd, error) {
	program, err := tool("qemu-system-x86_64")
	if err != nil {
		return nil, err
	}
	args := []string{
		"-nodefaults", "-no-user-config", "-no-reboot", "-display", "none", "-nic", "none",
		"-M", "pc,usb=off,vmport=off,smm=off,hpet=off",
		"-smp", strconv.Itoa(m.CPUs), "-m", strconv.Itoa(m.Memory),
		"-kernel", filepath.Join(home, "kernel"), "-initrd", filepath.Join(home, "initrd"),
		"-append", "console=ttyS0 loglevel=5 panic=-1 mitigations=off nokaslr tsc=reliable audit=0 random.trust_cpu=on",
		"-device", "virtio-rng-pci", "-device", "virtio-serial-pci",
		"-serial", "stdio",
	}
	if kvm() {
		args = append(args, "-accel", "kvm", "-cpu", "host")
	} else {
		args = append(args, "-accel", "tcg,thread=multi,tb-size=256", "-cpu", "max")
	}
	for i, name := range []string{"out", "err"} {
		fd, set := strconv.Itoa(3+i), strconv.Itoa(1+i)
		args = append(args, "-add-fd", "fd="+fd+",set="+set,
			"-chardev", "file,id="+name+",path=/dev/fdset/"+set+",append=on",
			"-device", "virtserialport,chardev="+name+",name="+name)
	}
	share := func(tag, dir, more string) {
		path := strings.ReplaceAll(dir, ",", ",,")
		args = append(args, "-virtfs", "local,path="+path+",mount_tag="+tag+",security_model=none"+more)
	}
	share("root", "/", ",readonly=on,multidevs=remap")
	share("lab", dir, "")
	share("modules", modules, ",readonly=on")
	for i, shared := range m.Shared {
		share(tag(i), shared, ",multidevs=remap")
	}
	return exec.CommandContext(ctx, program, args...), nil
}

var virtualization = regexp.MustCompile(`(?m)^flags\b.*\b(vmx|svm)\b`)

// kvm says whether this machine can run a stock kernel in KVM. Its device alone does not
// tell: a host that is itself a paravirtual guest has it and never gets such a kernel up.
func kvm() bool {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil || !virtualization.Match(info) {
		return false
	}
	f, err := os.OpenFile("/dev/kvm", os.O_RDWR, 0)
	if err != nil {
		return false
	}
	f.Close()
	return true
}
