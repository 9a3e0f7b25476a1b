"""Which pages the gallery shows: every URL of the package, and the states that look apart.

Words in braces are filled in by ``stage.py``. What is typed is posted before the picture is
taken: ``name=value&…`` fills the form that has the first of these fields and sends it, ``!``
sends the last form as it is; ``xN`` behind the values sends them as often before.
"""

# URL name | person | path | typed | state, which begins with the status if it is not 200
PAGES = """
organization_list             | newcomer | /orgs/ | | nothing yet
organization_list             | owner    | /orgs/ | | several
organization_list             | outsider | /orgs/ | | an invitation waits
organization_list             | long     | /orgs/ | | a long name, and one that was deleted
organization_add              | owner    | /orgs/add/ | | empty form
organization_add              | owner    | /orgs/add/ | name= | errors
organization_restore          | long     | /orgs/deleted/{closed}/ | | deleted
organization_choose           | newcomer | /orgs/choose/ | | no way in
organization_choose           | outsider | /orgs/choose/ | | ways in
organization_confirm          | owner    | /orgs/confirm/ | | empty form
organization_confirm          | owner    | /orgs/confirm/ | password=wrong | errors
organization_signup           | nobody   | /orgs/sign-up/ | | empty form
organization_signup           | nobody   | /orgs/sign-up/ | name=&email=nothing | errors
organization_signup_done      | nobody   | /orgs/sign-up/sent/ | | mail is sent
registration_create           | nobody   | /orgs/register/ | | empty form
registration_success          | nobody   | /orgs/register/complete/ | | mail is sent
registration_register         | nobody   | /orgs/register/{registration}/ | | empty form
registration_register         | nobody   | /orgs/register/{waiting}-nonsense/ | | 404 a dead link
invitations_accept            | nobody   | /orgs/invitations/open/{new_offer}/ | | somebody new
invitations_accept            | nobody   | /orgs/invitations/open/{new_offer}/ | username=&password1=1&password2=2 | errors
invitations_accept            | nobody   | /orgs/invitations/open/{known_offer}/ | | has an account
invitations_accept            | owner    | /orgs/invitations/open/{offer}/ | | wrong account
invitations_accept            | member   | /orgs/invitations/open/{offer}/ | | ready
invitations_accept            | nobody   | /orgs/invitations/open/{past_offer}/ | | 410 expired
invitations_accept            | nobody   | /orgs/invitations/open/{declined_offer}/ | | 410 declined
invitations_accept            | nobody   | /orgs/invitations/open/{handed}/ | | handed on
invitations_accept            | nobody   | /orgs/invitations/open/{shared}/ | | a link
invitations_accept            | asker    | /orgs/invitations/open/{shared}/ | | waits for approval
invitations_accept            | nobody   | /orgs/invitations/open/nothing/ | | 404 unknown
invitations_register          | member   | /orgs/invitations/{offer_guid}/ | | ready
organization_inbox            | newcomer | /orgs/inbox/ | | empty
organization_inbox            | outsider | /orgs/inbox/ | | invitations
organization_mails            | operator | /orgs/mails/ | | all kinds
organization_mail_preview     | operator | /orgs/mails/modeled_invitation/ | | an invitation
organization_detail           | owner    | /orgs/{kestrel}/ | | owner
organization_detail           | member   | /orgs/{kestrel}/ | | member
organization_detail           | owner    | /orgs/{workshop}/ | | alone
organization_detail           | billing  | /orgs/{books}/ | | a long name with spaces
organization_detail           | long     | /orgs/{wide}/ | | a long name without
organization_detail           | heir     | /orgs/{dar}/ | | an Arabic name, the ownership is offered
organization_detail           | newcomer | /orgs/{kestrel}/ | | 404 not found
organization_edit             | owner    | /orgs/{kestrel}/edit/ | | filled form
organization_edit             | owner    | /orgs/{kestrel}/edit/ | name=&slug=add | errors
organization_edit             | member   | /orgs/{kestrel}/edit/ | | 403 lacks the right
organization_delete           | owner    | /orgs/{kestrel}/delete/ | | empty form
organization_delete           | long     | /orgs/{wide}/delete/ | confirm_name=wrong | errors, a long name
organization_leave            | member   | /orgs/{kestrel}/leave/ | | member
organization_leave            | owner    | /orgs/{kestrel}/leave/ | | owner, who cannot
organization_transfer         | owner    | /orgs/{kestrel}/transfer/ | | empty form
organization_transfer         | owner    | /orgs/{kestrel}/transfer/ | confirm_name=wrong | errors
organization_transfer         | layla    | /orgs/{dar}/transfer/ | | an open offer
organization_handover_answer  | heir     | /orgs/{dar}/transfer/answer/ | | offered
organization_user_list        | owner    | /orgs/{workshop}/people/ | | one member
organization_user_list        | layla    | /orgs/{dar}/people/ | | 25 members, Arabic names
organization_user_list        | owner    | /orgs/{kestrel}/people/ | | all states
organization_user_list        | admin    | /orgs/{meridian}/people/ | | of 400 members
organization_user_list        | admin    | /orgs/{meridian}/people/?page={second} | | a page in the middle
organization_user_list        | long     | /orgs/{wide}/people/ | | long names
organization_user_list        | member   | /orgs/{kestrel}/people/ | | member
organization_user_list        | owner    | /orgs/{kestrel}/people/?q=zzzz | | nobody found
organization_user_add         | owner    | /orgs/{kestrel}/people/add/ | | empty form
organization_user_add         | owner    | /orgs/{kestrel}/people/add/ | email=nothing | errors
organization_user_propose     | member   | /orgs/{kestrel}/people/propose/ | | one proposed
organization_user_detail      | owner    | /orgs/{kestrel}/people/{member}/ | | somebody else
organization_user_detail      | member   | /orgs/{kestrel}/people/{member}/ | | oneself
organization_user_detail      | owner    | /orgs/{kestrel}/people/{suspended}/ | | suspended
organization_user_detail      | layla    | /orgs/{dar}/people/{nameless}/ | | without name and address
organization_user_detail      | long     | /orgs/{wide}/people/{guest}/ | | a long name
organization_user_access      | owner    | /orgs/{kestrel}/people/{member}/access/ | | rights
organization_user_edit        | owner    | /orgs/{kestrel}/people/{member}/edit/ | | filled form
organization_user_edit        | owner    | /orgs/{kestrel}/people/{member}/edit/ | is_admin=on | a look ahead
organization_user_delete      | owner    | /orgs/{kestrel}/people/{member}/delete/ | | asks
organization_user_suspend     | owner    | /orgs/{kestrel}/people/{member}/suspend/ | | asks
organization_user_reinstate   | owner    | /orgs/{kestrel}/people/{suspended}/reinstate/ | | asks
organization_user_remind      | owner    | /orgs/{kestrel}/people/{waiting}/remind/ | | asks
organization_invitations      | owner    | /orgs/{kestrel}/invitations/ | | open ones
organization_invitations      | owner    | /orgs/{workshop}/invitations/ | | empty
organization_invitations      | long     | /orgs/{wide}/invitations/ | | a long address
organization_link_add         | owner    | /orgs/{kestrel}/invitations/link/ | | form
organization_link_shown       | owner    | /orgs/{kestrel}/invitations/link/ | ! | shown once
organization_invitation_approve | owner  | /orgs/{kestrel}/invitations/{to_decide}/approve/ | | asks
organization_invitation_decline | owner  | /orgs/{kestrel}/invitations/{to_decide}/decline/ | | asks
organization_invitation_revoke | owner   | /orgs/{kestrel}/invitations/{to_revoke}/revoke/ | | asks
organization_bulk             | owner    | /orgs/{kestrel}/invitations/many/ | | form and latest lists
organization_bulk             | owner    | /orgs/{kestrel}/invitations/many/ | ! | errors
organization_bulk_detail      | owner    | /orgs/{kestrel}/invitations/many/{list}/ | | a look ahead
organization_bulk_detail      | owner    | /orgs/{kestrel}/invitations/many/{begun}/ | | begun
organization_bulk_columns     | owner    | /orgs/{kestrel}/invitations/many/{table}/columns/ | | form
organization_join             | outsider | /orgs/{meridian}/join/ | | by a domain
organization_joining          | admin    | /orgs/{meridian}/joining/ | | a domain
organization_joining          | owner    | /orgs/{kestrel}/joining/ | | no domain
organization_roles            | owner    | /orgs/{kestrel}/roles/ | | matrix, may change
organization_roles            | member   | /orgs/{kestrel}/roles/ | | matrix, may look
organization_roles            | long     | /orgs/{wide}/roles/ | | a long name
organization_role             | owner    | /orgs/{kestrel}/roles/{role}/ | | own role
organization_role             | owner    | /orgs/{kestrel}/roles/stock-keeper/ | | built in
organization_role             | long     | /orgs/{wide}/roles/{wide_role}/ | | a long name
organization_role_add         | owner    | /orgs/{kestrel}/roles/add/ | | empty form
organization_role_add         | owner    | /orgs/{kestrel}/roles/add/ | name= | errors
organization_role_edit        | owner    | /orgs/{kestrel}/roles/{role}/edit/ | | filled form
organization_role_edit        | owner    | /orgs/{kestrel}/roles/{role}/edit/ | permissions=organizations.invite_member | a look ahead
organization_role_delete      | owner    | /orgs/{kestrel}/roles/{role}/delete/ | | asks for another
organization_role_give        | owner    | /orgs/{kestrel}/roles/{role}/give/ | | form
organization_role_take        | owner    | /orgs/{kestrel}/roles/{role}/take/{given}/ | | asks
organization_user_roles       | owner    | /orgs/{kestrel}/people/{member}/roles/ | | may change
organization_user_roles       | member   | /orgs/{kestrel}/people/{member}/roles/ | | may look
organization_teams            | owner    | /orgs/{kestrel}/teams/ | | teams in teams
organization_teams            | owner    | /orgs/{workshop}/teams/ | | empty
organization_teams            | long     | /orgs/{wide}/teams/ | | long names
organization_team_add         | owner    | /orgs/{kestrel}/teams/add/ | | empty form
organization_team_add         | owner    | /orgs/{kestrel}/teams/add/ | name= | errors
organization_team_detail      | owner    | /orgs/{kestrel}/teams/{team}/ | | members
organization_team_detail      | long     | /orgs/{wide}/teams/{wide_team}/ | | long names
organization_team_edit        | owner    | /orgs/{kestrel}/teams/{team}/edit/ | | filled form
organization_team_delete      | owner    | /orgs/{kestrel}/teams/{team}/delete/ | | asks
organization_team_member_add  | owner    | /orgs/{kestrel}/teams/{team}/people/add/ | | form
organization_team_member_remove | owner  | /orgs/{kestrel}/teams/{team}/people/{team_member}/remove/ | | asks
login                         | nobody   | /accounts/login/ | | empty form
login                         | nobody   | /accounts/login/ | username=x&password=y | errors
password_change               | owner    | /accounts/password_change/ | | empty form
password_change               | owner    | /accounts/password_change/ | old_password=x&new_password1=1&new_password2=2 | errors
password_change_done          | owner    | /accounts/password_change/done/ | | done
password_reset                | nobody   | /accounts/password_reset/ | | empty form
password_reset_done           | nobody   | /accounts/password_reset/done/ | | mail is sent
password_reset_confirm        | nobody   | /accounts/reset/{uid}/{reset}/ | | empty form
password_reset_confirm        | nobody   | /accounts/reset/{uid}/nonsense/ | | a dead link
password_reset_complete       | nobody   | /accounts/reset/done/ | | done
password_reset                | nobody   | /accounts/password_reset/ | email=x@example.com x100 | 429 too often
"""  # noqa: E501

# URLs with nothing to look at. URL name | person | method and path | answer | why
OTHERS = """
invitations_open               | nobody   | GET /orgs/invitations/open/{offer}/ | 302 /orgs/invitations/accept/ | keeps the secret out of the address
organization_switch            | owner    | GET /orgs/{kestrel}/switch/ | 302 /orgs/{kestrel}/ | switches and leads on
organization_invitation_answer | outsider | GET /orgs/invitations/{to_answer}/answer/ | 405 | a form of the inbox posts here
organization_invitation_resend | owner    | GET /orgs/{kestrel}/invitations/{to_revoke}/resend/ | 405 | a form of the roster posts here
organization_team_member_lead  | owner    | GET /orgs/{kestrel}/teams/{team}/people/{team_member}/lead/ | 405 | a form of the team posts here
organization_bulk_results      | owner    | GET /orgs/{kestrel}/invitations/many/{begun}/results.csv | 200 text/csv | a file
organization_accent            | owner    | GET /orgs/{meridian}/accent.css | 200 text/css | a stylesheet
logout                         | nobody   | POST /accounts/logout/ | 302 / | the demo leads to its first page
"""  # noqa: E501


def rows(text):
    """Yield the cells of each line."""
    for line in filter(None, text.splitlines()):
        yield [cell.strip() for cell in line.split("|")]
