package profiles

import (
	"fmt"
	"strings"

	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// SocketSections are the sections of an AWS config file for profiles whose credentials a socket serves: for the file of one
// program, which ends with the socket.
func SocketSections(h Helper, socket string, all []Profile) (string, error) {
	program, err := h.word()
	if err != nil {
		return "", err
	}
	if !ui.IsPlain(socket, "/._-+@:=") {
		return "", ui.Errorf("socket-path-characters", ui.Failed, "the path of the socket, %s, holds characters that the AWS tools don't agree on", ui.Named(socket)).
			With(ui.Advice("name a path of letters a to z, digits and / . _ -"))
	}
	var b strings.Builder
	for _, p := range all {
		if err := validateAWS(p); err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "[profile %s]\n%s = %s --socket %s\n", p.Name, keyProcess, ownLine(program, p.Role, p.Identity), socket)
		if p.Region != "" {
			fmt.Fprintf(&b, "%s = %s\n", keyRegion, p.Region)
		}
	}
	return b.String(), nil
}

// MetadataSection is the section of a Databricks config file for a profile whose tokens a metadata service at url serves,
// for the file of one program alone: the address is a secret.
func MetadataSection(p Profile, url string) (string, error) {
	if err := validateDatabricks(p); err != nil {
		return "", err
	}
	text := fmt.Sprintf("[%s]\n%s = %s\n%s = metadata-service\nmetadata_service_url = %s\n", p.Name, keyHost, p.Host, keyAuthType, url)
	if p.AccountID != "" {
		text += keyAccount + " = " + p.AccountID + "\n"
	}
	if p.WorkspaceID != "" {
		text += keyID + " = " + p.WorkspaceID + "\n"
	}
	return text, nil
}
