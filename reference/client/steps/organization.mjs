// The organization plugin: members, invitations, roles and teams.
import assert from "node:assert/strict";
import { failed, succeeded } from "../answers.mjs";

export default ({ open, person, sessionOf, outbox, differs, load }) => {
  const [olga, paul, rita] = ["Olga", "Paul", "Rita"].map(person);
  const slug = `acme-${olga.email.split("@")[1].split(".")[0]}`.toLowerCase();
  let browser, owner, member, acme, first, membership, invitation;

  const join = async (somebody) => {
    const client = browser();
    return { ...client, user: succeeded(await client.auth.signUp.email(somebody)).user };
  };
  const active = async (client) => {
    const { session } = await sessionOf(client);
    return [session.activeOrganizationId ?? null, session.activeTeamId ?? null];
  };
  const may = async (client, permissions) => succeeded(await client.auth.organization.hasPermission({ permissions, organizationId: acme.id })).success;
  const invite = async (email, more = {}) => {
    let answer;
    const [mail, ...others] = await outbox.during(async () => {
      answer = succeeded(await owner.auth.organization.inviteMember({ email, role: "member", organizationId: acme.id, ...more }));
    });
    assert.deepEqual([mail.type, mail.to, mail.data.id, others], ["organization-invitation", email.toLowerCase(), answer.id, []]);
    assert.deepEqual([mail.data.organization.name, mail.data.inviter.user.email], ["Acme", olga.email.toLowerCase()]);
    return answer;
  };
  const refused = (answer, name) => {
    const refusal = differs(name);
    if (refusal) failed(answer, ...refusal);
    else succeeded(answer);
  };

  return {
    "an organization is created": async () => {
      const { organizationClient } = await load("better-auth/client/plugins");
      browser = () => open(undefined, [organizationClient({ teams: { enabled: true }, dynamicAccessControl: { enabled: true } })]);
      owner = await join(olga);
      assert.equal(succeeded(await owner.auth.organization.checkSlug({ slug })).status, true);
      acme = succeeded(await owner.auth.organization.create({ name: "Acme", slug, metadata: { plan: "free" } }));
      assert.deepEqual([acme.name, acme.slug, acme.metadata], ["Acme", slug, { plan: "free" }]);
      assert.ok(acme.createdAt instanceof Date);
      assert.deepEqual(acme.members.map((m) => [m.userId, m.role]), [[owner.user.id, "owner"]]);
      failed(await owner.auth.organization.checkSlug({ slug }), 400, "ORGANIZATION_SLUG_ALREADY_TAKEN", "Organization slug already taken");
      failed(await owner.auth.organization.create({ name: "Other", slug }), 400, "ORGANIZATION_ALREADY_EXISTS", "Organization already exists");
    },
    "it is the active one, and so is its team": async () => {
      const full = succeeded(await owner.auth.organization.getFullOrganization());
      assert.deepEqual([full.id, full.teams.length, full.invitations], [acme.id, 1, []]);
      first = full.teams[0];
      assert.deepEqual(await active(owner), [acme.id, first.id]);
      assert.deepEqual(succeeded(await owner.auth.organization.list()).map((o) => o.id), [acme.id]);
      assert.deepEqual(full.members.map((m) => m.user.email), [olga.email.toLowerCase()]);
    },
    "it is read without its members by the client of 1.7": async () => {
      const answer = await owner.auth.organization.getOrganization({ query: { organizationSlug: slug } });
      refused(answer, "an organization without its members");
    },
    "its logo comes and goes": async () => {
      const { data } = await owner.auth.organization.update({ data: { logo: "https://example.com/a.png" } });
      assert.equal(data.logo, "https://example.com/a.png");
      refused(await owner.auth.organization.update({ data: { logo: null } }), "a logo of null");
    },
    "somebody is invited": async () => {
      invitation = await invite(paul.email);
      assert.deepEqual([invitation.email, invitation.role, invitation.status], [paul.email.toLowerCase(), "member", "pending"]);
      failed(await owner.auth.organization.inviteMember({ email: paul.email, role: "member" }), 400, "USER_IS_ALREADY_INVITED_TO_THIS_ORGANIZATION", "User is already invited to this organization");
      assert.deepEqual(succeeded(await owner.auth.organization.listInvitations()).map((i) => i.id), [invitation.id]);
      await invite(paul.email, { resend: true });
    },
    "who is not invited does not accept": async () => {
      const stranger = await join(person("Sven"));
      failed(await stranger.auth.organization.acceptInvitation({ invitationId: invitation.id }), 403, "YOU_ARE_NOT_THE_RECIPIENT_OF_THE_INVITATION", "You are not the recipient of the invitation");
      failed(await stranger.auth.organization.setActive({ organizationId: acme.id }), 403, "USER_IS_NOT_A_MEMBER_OF_THE_ORGANIZATION", "User is not a member of the organization");
    },
    "who is invited reads the invitation, and accepts it": async () => {
      member = await join(paul);
      refused(await member.auth.organization.listUserInvitations(), "the invitations of an address that is not verified");
      const read = succeeded(await member.auth.organization.getInvitation({ query: { id: invitation.id } }));
      assert.deepEqual([read.organizationName, read.inviterEmail], ["Acme", olga.email.toLowerCase()]);
      const accepted = succeeded(await member.auth.organization.acceptInvitation({ invitationId: invitation.id }));
      membership = accepted.member;
      assert.deepEqual([accepted.invitation.status, membership.role], ["accepted", "member"]);
      assert.deepEqual((await active(member))[0], acme.id);
      assert.equal((await member.auth.organization.acceptInvitation({ invitationId: invitation.id })).error.code, "INVITATION_NOT_FOUND");
    },
    "invitations are rejected and cancelled": async () => {
      const guest = await join(rita);
      const one = await invite(rita.email);
      assert.equal(succeeded(await guest.auth.organization.rejectInvitation({ invitationId: one.id })).invitation.status, "rejected");
      const two = await invite(rita.email);
      assert.equal(succeeded(await owner.auth.organization.cancelInvitation({ invitationId: two.id })).status, "canceled");
    },
    "members see each other": async () => {
      const { members, total } = succeeded(await member.auth.organization.listMembers({ query: { sortBy: "createdAt", limit: 10 } }));
      assert.deepEqual([members.map((m) => m.user.name), total], [["Olga", "Paul"], 2]);
      assert.equal(succeeded(await member.auth.organization.getActiveMember()).role, "member");
      assert.equal(succeeded(await member.auth.organization.getActiveMemberRole({ query: { userId: owner.user.id } })).role, "owner");
      refused(await member.auth.organization.listInvitations(), "the invitations of an organization, for a member");
    },
    "roles say what members may do": async () => {
      assert.equal(await may(owner, { organization: ["delete"] }), true);
      assert.equal(await may(member, { organization: ["update"] }), false);
      assert.equal(member.auth.organization.checkRolePermission({ role: "member", permissions: { organization: ["update"] } }), false);
      assert.equal(member.auth.organization.checkRolePermission({ role: "admin", permissions: { organization: ["update"] } }), true);
      failed(await member.auth.organization.update({ data: { name: "Mine" } }), 403, "YOU_ARE_NOT_ALLOWED_TO_UPDATE_THIS_ORGANIZATION", "You are not allowed to update this organization");
      assert.equal(succeeded(await owner.auth.organization.updateMemberRole({ memberId: membership.id, role: "admin" })).role, "admin");
      assert.equal(await may(member, { organization: ["update"] }), true);
      failed(await member.auth.organization.updateMemberRole({ memberId: acme.members[0].id, role: "member" }), 403, "YOU_ARE_NOT_ALLOWED_TO_UPDATE_THIS_MEMBER", "You are not allowed to update this member");
    },
    "a role that nobody has declared": async () => {
      refused(await owner.auth.organization.updateMemberRole({ memberId: membership.id, role: "emperor" }), "a role that nobody has declared");
      succeeded(await owner.auth.organization.updateMemberRole({ memberId: membership.id, role: "admin" }));
    },
    "an organization has roles of its own": async () => {
      const { roleData } = succeeded(await owner.auth.organization.createRole({ role: "Clerk", permission: { team: ["create"] } }));
      assert.deepEqual([roleData.role, roleData.permission], ["clerk", { team: ["create"] }]);
      succeeded(await owner.auth.organization.updateMemberRole({ memberId: membership.id, role: "clerk" }));
      assert.equal(await may(member, { team: ["create"] }), true);
      assert.equal(await may(member, { team: ["delete"] }), false);
      failed(await owner.auth.organization.deleteRole({ roleName: "clerk" }), 400, "ROLE_IS_ASSIGNED_TO_MEMBERS", "Cannot delete a role that is assigned to members. Please reassign the members to a different role first");
      assert.deepEqual(succeeded(await owner.auth.organization.updateRole({ roleId: roleData.id, data: { permission: { team: ["delete"] } } })).roleData.permission, { team: ["delete"] });
      assert.deepEqual(succeeded(await owner.auth.organization.getRole({ query: { roleName: "clerk" } })).permission, { team: ["delete"] });
      assert.equal(await may(member, { team: ["delete"] }), true);
      succeeded(await owner.auth.organization.updateMemberRole({ memberId: membership.id, role: "member" }));
      succeeded(await owner.auth.organization.deleteRole({ roleName: "clerk" }));
      assert.deepEqual(succeeded(await owner.auth.organization.listRoles()), []);
    },
    "teams come and go": async () => {
      const team = succeeded(await owner.auth.organization.createTeam({ name: "Second" }));
      assert.ok(team.createdAt instanceof Date && !("memberCount" in team));
      assert.equal(succeeded(await owner.auth.organization.updateTeam({ teamId: team.id, data: { name: "Backstage" } })).name, "Backstage");
      assert.deepEqual(succeeded(await owner.auth.organization.listTeams()).map((t) => t.name).sort(), ["Acme", "Backstage"]);
      succeeded(await owner.auth.organization.addTeamMember({ teamId: team.id, userId: member.user.id }));
      assert.deepEqual(succeeded(await member.auth.organization.listUserTeams()).map((t) => t.id), [team.id]);
      assert.equal(succeeded(await member.auth.organization.setActiveTeam({ teamId: team.id })).id, team.id);
      assert.deepEqual(await active(member), [acme.id, team.id]);
      assert.deepEqual(succeeded(await member.auth.organization.listTeamMembers()).map((m) => m.userId), [member.user.id]);
      succeeded(await owner.auth.organization.removeTeamMember({ teamId: team.id, userId: member.user.id }));
      failed(await member.auth.organization.setActiveTeam({ teamId: team.id }), 403, "USER_IS_NOT_A_MEMBER_OF_THE_TEAM", "User is not a member of the team");
      assert.deepEqual(succeeded(await owner.auth.organization.removeTeam({ teamId: team.id })), { message: "Team removed successfully." });
      failed(await owner.auth.organization.removeTeam({ teamId: first.id }), 403, "YOU_ARE_NOT_ALLOWED_TO_DELETE_THIS_TEAM", "You are not allowed to delete this team");
    },
    "the active organization changes": async () => {
      const second = succeeded(await owner.auth.organization.create({ name: "Second", slug: `${slug}-2` }));
      assert.equal((await active(owner))[0], second.id);
      assert.equal(succeeded(await owner.auth.organization.setActive({ organizationSlug: slug })).id, acme.id);
      assert.equal((await active(owner))[0], acme.id);
      assert.equal(succeeded(await owner.auth.organization.setActive({ organizationId: null })), null);
      assert.equal((await active(owner))[0], null);
      succeeded(await owner.auth.organization.delete({ organizationId: second.id }));
    },
    "members leave, but not the last owner": async () => {
      failed(await owner.auth.organization.leave({ organizationId: acme.id }), 400, "YOU_CANNOT_LEAVE_THE_ORGANIZATION_AS_THE_ONLY_OWNER", "You cannot leave the organization as the only owner");
      succeeded(await member.auth.organization.leave({ organizationId: acme.id }));
      assert.equal((await active(member))[0], null);
      assert.deepEqual(succeeded(await member.auth.organization.list()), []);
    },
    "an organization is deleted": async () => {
      succeeded(await owner.auth.organization.delete({ organizationId: acme.id }));
      assert.deepEqual(succeeded(await owner.auth.organization.list()), []);
      failed(await owner.auth.organization.delete({ organizationId: acme.id }), 400, "USER_IS_NOT_A_MEMBER_OF_THE_ORGANIZATION", "User is not a member of the organization");
    },
  };
};
