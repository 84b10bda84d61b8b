# For those who `podman exec -it NODE bash`; nothing of the boot uses a shell.
PS1='\u@\h:\w\$ '
[ ! -r /usr/share/bash-completion/bash_completion ] || . /usr/share/bash-completion/bash_completion
alias k=kubectl
