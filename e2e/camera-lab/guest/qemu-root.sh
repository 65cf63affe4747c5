#!/bin/sh
# Process 1 of the initramfs: mounts the host's root over 9p, lays a tmpfs over it and goes
# on there. /modules holds what that takes, /modules/order in which order.
busybox=/bin/busybox
die() {
	echo "camera lab: $1"
	$busybox poweroff -f
}
share=trans=virtio,version=9p2000.L,msize=262144
$busybox mount -t proc proc /proc
$busybox mount -t sysfs sysfs /sys
$busybox mount -t devtmpfs devtmpfs /dev
while read -r module; do
	$busybox insmod "/modules/$module" || die "cannot load $module"
done </modules/order
$busybox mount -t 9p -o $share,ro,cache=loose root /host || die "no share of the host's root"
$busybox mount -t tmpfs -o size=75% tmpfs /tmpfs || die "no tmpfs"
$busybox mkdir /tmpfs/upper /tmpfs/work
$busybox mount -t overlay -o lowerdir=/host,upperdir=/tmpfs/upper,workdir=/tmpfs/work overlay /root || die "no overlay"
$busybox mount -t tmpfs tmpfs /root/run
$busybox mkdir /root/run/lab
$busybox mount -t 9p -o $share,cache=none lab /root/run/lab || die "no run folder"
for dir in proc sys dev; do $busybox mount -o move /$dir /root/$dir; done
exec $busybox switch_root /root $busybox sh /run/lab/init.sh
