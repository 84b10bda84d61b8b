#!/usr/bin/perl
# Answers one watch on the control socket as kinc-init would: the status, then
# two events. FAKE_ENDS is the state that the boot ends with, FAKE_SPEAKS another
# protocol than 1.
use strict;
use warnings;
use IO::Socket::UNIX;

unlink $ARGV[0];
my $server = IO::Socket::UNIX->new(Local => $ARGV[0], Listen => 5) or die "$!";
my $ends = $ENV{FAKE_ENDS} // 'ready';
alarm 30;
while (my $peer = $server->accept) {
	my $request = <$peer> // '';
	if (my $other = $ENV{FAKE_SPEAKS}) {
		print $peer qq({"protocol":$other,"ok":false,"error":"protocol 1 is not spoken here"}\n);
		close $peer;
		next;
	}
	if ($request =~ /"log"/) {
		print $peer qq({"protocol":1,"ok":true,"unit":"kubelet"}\n),
			qq({"event":"line","unit":"kubelet","text":"kubelet's last words"}\n);
		print $peer qq({"event":"line","unit":"kubelet","text":"$ENV{FAKE_WORDS}"}\n) if $ENV{FAKE_WORDS};
		close $peer;
		next;
	}
	my $unit = sub { qq({"name":"kubelet","type":"service","state":"$_[0]","started_ms":10,"ready_ms":$_[1],"boot":{"queued_ms":1,"started_ms":10,"settled_ms":$_[1]},"after":[],)
		. qq("waiting_for":[],"message":"$_[2]"}) };
	my $api = $ENV{FAKE_API} ? qq(,{"name":"apiserver","type":"oneshot","state":"done","started_ms":10,"ready_ms":90}) : '';
	print $peer qq({"protocol":1,"ok":true,"version":"0.1.0","state":"starting","elapsed_ms":20,),
		qq("warnings":["no cpu controller"],"units":[), $unit->('starting', 'null', ''), "$api]}\n";
	$peer->flush;
	next if $request =~ /"status"/;
	sleep 3 if $ENV{FAKE_SLOW};
	my $state = $ends eq 'ready' ? 'ready' : 'failed';
	print $peer qq({"event":"unit","unit":),
		$unit->($state, $ends eq 'ready' ? 3200 : 'null', "killed\\u001b[31m"), "}\n",
		qq({"event":"state","state":"$ends","elapsed_ms":3300}\n);
	$peer->flush;
	last if $ends eq 'closes';
}
