// Options that take a function: those that send something and are true in a
// profile, and those that a scenario lists in calls or refuses.

// senders put their message into the outbox. The recipient is the message's user,
// unless the sender says who it is.
const link = ({ url, token }) => ({ url, token });
const senders = {
  "emailVerification.sendVerificationEmail": { type: "verification-email", data: link },
  "emailAndPassword.sendResetPassword": { type: "reset-password", data: link },
  "user.changeEmail.sendChangeEmailConfirmation": { type: "change-email-confirmation", data: ({ url, token, newEmail }) => ({ url, token, newEmail }) },
  "user.deleteUser.sendDeleteAccountVerification": { type: "delete-account", data: link },
  "plugins.twoFactor.otpOptions.sendOTP": { type: "two-factor-otp", data: ({ otp }) => ({ otp }) },
  "plugins.organization.sendInvitationEmail": {
    type: "organization-invitation",
    to: ({ email }) => email,
    data: ({ id, role, email, organization, invitation, inviter }) => ({ id, role, email, organization, invitation, inviter }),
  },
};

const organizationHooks = [
  "CreateOrganization", "UpdateOrganization", "DeleteOrganization", "AddMember", "RemoveMember", "UpdateMemberRole",
  "CreateInvitation", "AcceptInvitation", "RejectInvitation", "CancelInvitation",
  "CreateTeam", "UpdateTeam", "DeleteTeam", "AddTeamMember", "RemoveTeamMember",
].flatMap((what) => ["before", "after"].map((when) => `plugins.organization.organizationHooks.${when}${what}`));

// callbacks tell the application something, and the application may refuse.
// Each gets a user as its first argument, or in it under one of the names in whom.
const whom = ["user", "inviter", "cancelledBy"];
export const callbacks = [
  ...organizationHooks,
  "emailAndPassword.onExistingUserSignUp",
  "emailAndPassword.onPasswordReset",
  "emailVerification.beforeEmailVerification",
  "emailVerification.afterEmailVerification",
  "user.deleteUser.beforeDelete",
  "user.deleteUser.afterDelete",
];

const at = (object, path) => path.split(".").reduce((o, k) => o?.[k], object);

function put(object, path, value) {
  const keys = path.split(".");
  const last = keys.pop();
  keys.reduce((o, k) => (o[k] ??= {}), object)[last] = value;
}

// connectSenders replaces the true of a profile by functions.
export function connectSenders(options, outbox) {
  for (const [path, { type, data, to = ({ user }) => user.email }] of Object.entries(senders)) {
    const given = at(options, path);
    if (given === false) put(options, path, undefined);
    if (given === true) put(options, path, async (message) => void outbox.push(JSON.parse(JSON.stringify({ type, to: to(message), data: data(message) }))));
  }
}

// connectCallbacks sets the functions that a scenario lists. Each call goes to
// called; one that refuses throws what refusal makes.
export function connectCallbacks(options, { calls, refuses }, called, refusal) {
  for (const path of [...calls, ...refuses]) {
    put(options, path, async (given) => {
      const user = whom.map((name) => given[name]).find(Boolean) ?? given;
      called.push({ call: path, user: JSON.parse(JSON.stringify(user)) });
      if (refuses.includes(path)) throw refusal();
    });
  }
}
