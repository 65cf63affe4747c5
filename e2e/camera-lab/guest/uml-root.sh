#!/bin/busybox sh
# Process 1 of User-mode Linux begins in the host's own root: it lays a tmpfs over that and
# goes on there. $LAB (kernel command line) is the run's folder.
busybox=/bin/busybox
die() {
	echo "camera lab: $1"
	$busybox poweroff -f
}
$busybox mount -t proc proc /proc || die "no /proc"
$busybox mount -t tmpfs -o size=75% tmpfs /mnt || die "no tmpfs"
$busybox mkdir /mnt/upper /mnt/work /mnt/root
$busybox mount -t overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work overlay /mnt/root || die "no overlay"
cd /mnt/root || die "no root"
$busybox mount -t proc proc proc
$busybox mount -t sysfs sysfs sys
$busybox mount -t devtmpfs devtmpfs dev
$busybox mount -t tmpfs tmpfs run
$busybox mkdir run/lab
$busybox mount -t hostfs -o "$LAB" none run/lab || die "no run folder"
exec $busybox chroot . $busybox sh /run/lab/init.sh
