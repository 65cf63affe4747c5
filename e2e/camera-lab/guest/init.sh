# Process 1 of the guest, in a throw-away copy of the host's root. Finishes /dev, loads the
# modules, runs the command with its outputs apart, leaves its exit code in /run/lab/exit
# (or, if it never came to run, the reason in /run/lab/trouble) and turns the machine off.
path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
busybox=/bin/busybox
lab=/run/lab
. $lab/settings # BACKEND, MODULES
share=trans=virtio,version=9p2000.L,msize=262144

off() {
	$busybox sync
	$busybox poweroff -f
}
trouble() {
	echo "$1" >$lab/trouble
	off
}

# mount_host TAG FOLDER PLACE [OPTION]: a folder of the host.
mount_host() {
	$busybox mkdir -p "$3"
	if [ "$BACKEND" = uml ]; then
		$busybox mount -t hostfs -o "$2" none "$3"
	else
		$busybox mount -t 9p -o "$share,${4:-cache=mmap}" "$1" "$3"
	fi || trouble "cannot mount $2"
}

# port NAME: the virtio port of that name.
port() {
	for dir in /sys/class/virtio-ports/*; do
		[ "$($busybox cat "$dir/name")" = "$1" ] && echo "/dev/${dir##*/}" && return
	done
}

$busybox mkdir -p /dev/pts /dev/shm /run/lock
$busybox mount -t devpts devpts /dev/pts
$busybox mount -t tmpfs tmpfs /dev/shm
$busybox mount -t debugfs debugfs /sys/kernel/debug
[ -e /dev/fd ] || $busybox ln -s /proc/self/fd /dev/fd
for n in 0:stdin 1:stdout 2:stderr; do
	[ -e "/dev/${n#*:}" ] || $busybox ln -s "/proc/self/fd/${n%%:*}" "/dev/${n#*:}"
done
$busybox hostname camera-lab
$busybox ip link set lo up

mount_host modules "$MODULES" "/usr/lib/modules/$($busybox uname -r)" ro,cache=loose
while read -r tag folder; do mount_host "$tag" "$folder" "$folder"; done <$lab/shared
while read -r module; do
	# Unquoted: options follow the name.
	/sbin/modprobe $module 2>/run/modprobe || trouble "modprobe $module: $($busybox cat /run/modprobe)"
done <$lab/modules

if [ "$BACKEND" = uml ]; then
	out=/dev/tty1 err=/dev/tty2
	for tty in $out $err; do $busybox stty -F $tty raw -echo; done
else
	out=$(port out) err=$(port err)
fi
exec 7>"$out" 8>"$err"

# Pipes between the command and the consoles: a program may treat a terminal differently,
# and the end of a pipe tells that everything has been said.
$busybox mkfifo /run/out /run/err
$busybox cat /run/out >&7 7>&- 8>&- &
cat1=$!
$busybox cat /run/err >&8 7>&- 8>&- &
cat2=$!
# The kernel's own variables are not for the command.
$busybox env -i PATH=$path HOME=/root /bin/sh $lab/command </dev/null >/run/out 2>/run/err 7>&- 8>&-
code=$?

# said SECONDS: waits until both outputs have been passed on.
said() {
	i=$(($1 * 20))
	while [ -e /proc/$cat1/exe ] || [ -e /proc/$cat2/exe ]; do
		[ $i -gt 0 ] || return 1
		i=$((i - 1))
		$busybox usleep 50000
	done
}
# What the command has left running may hold the pipes open: it gets one second to end.
if ! said 1; then
	for dir in /proc/[0-9]*; do
		case ${dir#/proc/} in 1 | "$cat1" | "$cat2") ;; *) $busybox kill -9 "${dir#/proc/}" 2>/dev/null ;; esac
	done
	said 10
fi
# Setting a terminal waits until it has sent everything.
[ "$BACKEND" = uml ] && for fd in 7 8; do $busybox stty raw -echo <&$fd; done
exec 7>&- 8>&-
echo $code >$lab/exit
off
